// The words of what is pointed at, at once and for fingers too; without this script the browser shows them as it does.
(() => {
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  for (const title of document.querySelectorAll("svg .told > title")) {
    title.parentNode.dataset.told = title.textContent;
    title.remove();
  }
  const show = (event) => {
    const told = event.target.closest?.("[data-told]");
    tip.hidden = !told;
    if (!told) return;
    tip.textContent = told.dataset.told;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 4))}px`;
    tip.style.top = `${event.clientY > height + 20 ? event.clientY - height - 12 : event.clientY + 20}px`;
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
})();
