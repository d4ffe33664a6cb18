// Shows the label of the element under the pointer at once, and on touch. Without this script browsers show the titles.
(() => {
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  // A title left in place would be shown a second time by the browser.
  for (const title of document.querySelectorAll("svg .labelled > title")) {
    title.parentNode.dataset.label = title.textContent;
    title.remove();
  }
  const show = (event) => {
    const labelled = event.target.closest?.("[data-label]");
    tip.hidden = !labelled;
    if (!labelled) return;
    tip.textContent = labelled.dataset.label;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 4))}px`;
    tip.style.top = `${event.clientY > height + 20 ? event.clientY - height - 12 : event.clientY + 20}px`;
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
})();
