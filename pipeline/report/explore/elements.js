// Small helpers that create elements. Text is never read as HTML.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};

  explore.byId = (id) => document.getElementById(id);
  // element("a", {href: "#"}, "text", other) ; handlers are given as onclick.
  explore.element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value === true) made.setAttribute(key, "");
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };
  explore.fill = (parent, ...children) => parent.replaceChildren(...children);

  // A select with groups: [[heading or "", [[value, text], ...]], ...].
  explore.fillSelect = (select, groups, chosen) => {
    const option = ([value, text]) => explore.element("option", { value, selected: value === chosen }, text);
    explore.fill(select, ...groups.filter(([, options]) => options.length).flatMap(([heading, options]) => (heading
      ? [explore.element("optgroup", { label: heading }, ...options.map(option))] : options.map(option))));
    select.value = chosen;
  };

  explore.save = (name, content, type) => {
    const url = content.startsWith("data:") ? content : URL.createObjectURL(new Blob([content], { type }));
    explore.element("a", { href: url, download: name }).click();
    if (!content.startsWith("data:")) setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
})();
