// The search box with the metrics and their definitions: a combobox with a list, as the ARIA Authoring Practices have it.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const { element } = explore;
  let active = -1;

  explore.setUpPicker = (choose) => {
    const input = explore.byId("metric"), list = explore.byId("metrics");
    const options = () => [...list.querySelectorAll("[role=option]")];
    const close = () => {
      list.hidden = true; active = -1;
      input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant");
      input.value = explore.metric(explore.view.state.metric).label;
    };
    const open = (words = "") => {
      fillList(list, words.toLowerCase().split(/\s+/).filter(Boolean));
      list.hidden = false; input.setAttribute("aria-expanded", "true");
      activate(words ? 0 : options().findIndex((option) => option.dataset.name === explore.view.state.metric));
    };
    const activate = (index) => {
      const all = options();
      active = all.length ? (index + all.length) % all.length : -1;
      all.forEach((option, position) => option.setAttribute("aria-selected", String(position === active)));
      if (active < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", all[active].id);
      const box = all[active];
      if (box.offsetTop < list.scrollTop || box.offsetTop + box.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = box.offsetTop - 40;
      return undefined;
    };
    // What was chosen is selected, so that typing replaces it.
    const take = (option) => {
      if (!option) return;
      close();
      input.value = explore.metric(option.dataset.name).label;
      input.select();
      choose(option.dataset.name);
    };

    input.addEventListener("focus", () => { input.select(); open(); });
    input.addEventListener("click", () => { if (list.hidden) { input.select(); open(); } });
    input.addEventListener("input", () => open(input.value));
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) open(); else activate(active + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter") { event.preventDefault(); if (list.hidden) open(); else take(options()[active]); }
      else if (event.key === "Escape") { event.preventDefault(); close(); input.select(); } // a search box would be emptied
    });
    // The press must not take the focus from the input, which would close the list before the click.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => take(event.target.closest("[role=option]")));
  };

  const fillList = (list, words) => {
    const groups = new Map();
    for (const metric of explore.pickable()) {
      const text = `${metric.label} ${metric.name.replaceAll("_", " ")} ${metric.description} ${metric.category}`.toLowerCase();
      if (words.every((word) => text.includes(word))) groups.set(metric.category, [...(groups.get(metric.category) || []), metric]);
    }
    explore.fill(list, ...[...groups].map(([category, metrics]) => element("div", { role: "group", "aria-label": category },
      element("div", { class: "category", "aria-hidden": "true" }, category),
      ...metrics.map((metric) => element("div", { role: "option", id: `metric-${metric.name}`, "data-name": metric.name, "aria-selected": "false" },
        element("b", {}, metric.label), " ", element("span", { class: "quiet" }, metric.description))))));
    if (!groups.size) list.append(element("p", { class: "quiet" }, "No metric has these words."));
  };

  // Metrics that can be chosen. The ends of intervals are drawn with their effects.
  explore.pickable = () => explore.known.metrics.filter((metric) => !/_effect_(low|high)_pct$|effects?_of_weather/.test(metric.name) && explore.offered(metric.name).by.length);
})();
