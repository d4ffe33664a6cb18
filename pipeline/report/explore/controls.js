// The form: each control changes the state, which is the fragment of the address; the address sets the controls.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const { byId, element } = explore;
  const MOST_CHIPS = 12;
  const OFTEN = /^(metric_time__(day|week|month)|time__hour_of_day|date__day_name|.*__trip_type|pickup_location(__borough)?|weather__(temp_category|precipitation_type)|dose)$/;
  const GROUPS = [["Often used", OFTEN], ["Time", /^(metric_time|date|time)__/], ["Mode", /__trip_type$/], ["Place", /^(pickup|dropoff|start|end)_/], ["Weather", /^weather__/], ["Effects", /^(season|pickup_borough)$/], ["Other", /./]];
  let extra = ""; // a dimension whose filter is shown although it has no value yet

  explore.setUpControls = () => {
    explore.setUpPicker((metric) => explore.go({ metric }));
    const bySelects = () => [byId("by-1").value, byId("by-2").value].filter(Boolean);
    byId("by-1").addEventListener("change", () => explore.go({ by: bySelects(), chart: "" }));
    byId("by-2").addEventListener("change", () => explore.go({ by: bySelects(), chart: "" }));
    for (const id of ["from", "to"]) byId(id).addEventListener("change", () => {
      const chosen = [byId("from").value, byId("to").value];
      // A range that would end before it starts becomes the month that was chosen last.
      explore.go({ months: chosen[0] <= chosen[1] ? chosen : [byId(id).value, byId(id).value] });
    });
    byId("spans").addEventListener("click", ({ target }) => {
      const count = Number(target.dataset.months);
      if (count) { const months = explore.known.months.slice(-count); explore.go({ months: [months[0], months.at(-1)] }); }
    });
    byId("add-filter").addEventListener("change", ({ target }) => { extra = target.value; showFilters(explore.view.state); byId("filters").querySelector(`[data-dimension="${CSS.escape(extra)}"] button, [data-dimension="${CSS.escape(extra)}"] select`)?.focus(); });
    byId("kinds").addEventListener("change", ({ target }) => { target.dataset.key = "kind"; explore.go({ chart: target.value }); });
  };

  explore.showControls = (state) => {
    const focused = document.activeElement?.dataset?.key; // what is made anew keeps the focus of the keyboard
    setControls(state);
    if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  };

  const setControls = (state) => {
    const [first = "", second = ""] = state.by;
    const { chosen } = explore.monthsOf(state), { months } = explore.known;
    byId("metric").value = explore.metric(state.metric).label;
    explore.fillSelect(byId("by-1"), [["", [["", "nothing (total)"]]], ...grouped(explore.offered(state.metric).by)], first);
    explore.fillSelect(byId("by-2"), [["", [["", "nothing else"]]], ...grouped(first ? explore.offered(state.metric, { by: [first] }).by : [])], second);
    byId("by-2").disabled = !first;
    explore.fillSelect(byId("from"), byYear(months), chosen[0] || "");
    explore.fillSelect(byId("to"), byYear(months), chosen.at(-1) || "");
    explore.fill(byId("spans"), ...[[1, "newest"], [12, "last 12"], [months.length, `all ${months.length}`]]
      .filter(([count], index) => months.length > 1 && (index !== 1 || months.length > 12))
      .map(([count, text], index) => element("button", { type: "button", "data-months": count, "data-key": `months=${index}` }, text)));
    showFilters(state);
    const kinds = explore.kindsOf(state);
    explore.fill(byId("kinds"), element("legend", { class: "vh" }, "Kind of chart"), ...(kinds.length < 2 ? [] : kinds.map((kind) => element("label", {},
      element("input", { type: "radio", name: "kind", value: kind, checked: kind === state.chart, "data-key": kind === state.chart ? "kind" : null }), element("span", {}, explore.KINDS[kind])))));
  };

  const grouped = (names) => {
    const left = new Set(names);
    return GROUPS.map(([heading, pattern]) => {
      const members = [...left].filter((name) => pattern.test(name));
      members.forEach((name) => left.delete(name));
      return [heading, members.map((name) => [name, explore.dimensionLabel(name)])];
    });
  };
  const byYear = (months) => {
    const years = [...new Set(months.map((month) => month.slice(0, 4)))];
    return years.map((year) => [years.length > 1 ? year : "", months.filter((month) => month.startsWith(year)).map((month) => [month, explore.monthLabel(month)])]);
  };

  const showFilters = (state) => {
    const offered = explore.offered(state.metric, { by: state.by }).where;
    const shown = offered.filter((name) => state.where[name] || name === extra || (explore.isMode(name) && explore.valuesOf(name).length > 1));
    explore.fill(byId("filters"), ...shown.map((name) => filter(state, name)));
    explore.fillSelect(byId("add-filter"), [["", [["", "add a filter …"]]], ...grouped(offered.filter((name) => !shown.includes(name) && explore.valuesOf(name).length))], "");
    byId("add-filter").parentElement.hidden = !offered.some((name) => !shown.includes(name));
  };

  const change = (state, name, values) => {
    const { [name]: _, ...others } = state.where;
    explore.go({ where: values.length ? { ...others, [name]: values } : others });
  };
  const filter = (state, name) => {
    const label = explore.dimensionLabel(name), values = explore.valuesOf(name), isLimited = name in state.where;
    const chosen = (state.where[name] || []).filter((text) => values.some((value) => explore.textOf(value) === text));
    const shown = values.length <= MOST_CHIPS ? values : values.filter((value) => chosen.includes(explore.textOf(value)));
    const chips = shown.map((value) => {
      const text = explore.textOf(value), pressed = chosen.includes(text);
      return element("button", { type: "button", class: `chip${explore.isMode(name) ? ` m-${text}` : ""}`, "aria-pressed": String(pressed), "data-key": `${name}=${text}`,
        onclick: () => change(state, name, pressed ? chosen.filter((one) => one !== text) : [...chosen, text]) },
      ...(explore.isMode(name) ? [element("span", { class: "key", style: `--mode: ${explore.modeColour(text)}` })] : []), explore.valueLabel(name, value));
    });
    const more = values.length <= MOST_CHIPS ? [] : [select(state, name, chosen, values)];
    const clear = isLimited || name === extra ? [element("button", { type: "button", class: "clear", "aria-label": `Remove the filter on ${explore.dimensionInSentence(name)}`, onclick: () => { extra = ""; if (isLimited) change(state, name, []); else showFilters(state); } }, "remove")] : [];
    return element("fieldset", { "data-dimension": name }, element("legend", {}, `${label}${isLimited ? ", only" : ", all"}`), ...chips, ...more, ...clear);
  };
  const select = (state, name, chosen, values) => {
    const box = element("select", { "aria-label": `Add a value of ${explore.dimensionInSentence(name)}`, "data-key": name, onchange: ({ target }) => change(state, name, [...chosen, target.value]) });
    explore.fillSelect(box, [["", [["choose", "choose …"]]], ["", values.filter((value) => !chosen.includes(explore.textOf(value))).map((value) => [explore.textOf(value), explore.valueLabel(name, value)])]], "choose");
    return box;
  };
  explore.modeColour = (name) => {
    const mode = explore.known.modes.find((one) => one.name === name);
    return (explore.isDark() ? mode?.colour_dark : mode?.colour) || mode?.colour || "var(--other)";
  };
})();
