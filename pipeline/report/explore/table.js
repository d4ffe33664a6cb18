// The table of the values, for screen readers and for anyone.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const { byId, element } = explore;
  const MOST_ROWS = 500;

  // It is written when it is opened: thousands of rows would slow down each change.
  explore.showTable = (state, rows) => {
    const details = byId("table");
    byId("table-summary").textContent = `Table of the ${explore.counted(rows.filter((row) => row.value !== null).length, "value")}`;
    details.ontoggle = () => { if (details.open && details.rows !== rows) { details.rows = rows; explore.fill(byId("table-body"), table(state, rows)); } };
    details.ontoggle();
  };

  const table = (state, rows) => {
    const metric = explore.metric(state.metric), interval = rows.some((row) => row.low !== undefined);
    const names = state.by, shown = rows.slice(0, MOST_ROWS);
    const heads = [...names.map(explore.dimensionLabel), explore.labelWithUnit(metric), ...(interval ? ["95% confidence interval"] : [])];
    const line = (row) => element("tr", {}, ...names.map((name, index) => element(index ? "td" : "th", { ...(index ? {} : { scope: "row" }), "data-th": heads[index] }, cell(state, name, row))),
      element("td", { class: "n", "data-th": metric.label }, explore.number(row.value, metric.unit)),
      ...(interval ? [element("td", { class: "n", "data-th": "95% confidence interval" }, row.low === null || row.low === undefined ? "—" : `${explore.number(row.low, metric.unit)} to ${explore.number(row.high, metric.unit)}`)] : []));
    const made = element("table", { class: "cards" },
      element("thead", {}, element("tr", {}, ...heads.map((text, index) => element("th", { scope: "col", class: index < names.length ? null : "n" }, text)))),
      element("tbody", {}, ...shown.map(line)));
    const scroll = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of the values" }, made);
    const cut = rows.length > MOST_ROWS ? [element("p", { class: "quiet" }, `These are the first ${MOST_ROWS} of ${explore.number(rows.length)} values; the CSV has all.`)] : [];
    return element("div", {}, ...cut, scroll);
  };

  // A value that has a series of its own is a link to it, as a click on its mark is.
  const cell = (state, name, row) => {
    const text = explore.valueLabel(name, row[name]), next = explore.seriesOf(state, name, row[name]);
    return next ? element("a", { href: explore.encode(next) }, text) : text;
  };

  // The state that shows the days, or else the months, of one zone, station, borough or another value.
  explore.seriesOf = (state, name, value) => {
    const offered = explore.offered(state.metric).where, text = explore.textOf(value);
    if (explore.isTime(name) || !text || !offered.includes(name)) return null;
    const others = state.by.filter((one) => one !== name && !explore.isTime(one));
    const where = { ...state.where, [name]: [text] };
    const time = ["metric_time__day", "metric_time__month"].find((one) => explore.isAnswerable(state.metric, [one, ...others], where));
    return time && !state.by.some(explore.isTime) ? { ...state, by: [time, ...others.slice(0, 1)], where, chart: "" } : null;
  };
})();
