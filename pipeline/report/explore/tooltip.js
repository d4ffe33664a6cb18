// The label of the mark under the pointer, made when it is shown.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const { byId, element } = explore;

  // A handler as vega-embed takes it. value is the datum of the mark; null hides the tooltip.
  explore.tooltip = (handler, event, item, value) => {
    if (!value && explore.view.isNearest) return; // showNearest shows it
    show(event, value ? linesOf(value) : []);
  };

  const show = (event, lines) => {
    const tip = byId("tip");
    tip.hidden = !lines.length;
    if (tip.hidden) return;
    explore.fill(tip, ...lines.map((line) => element("div", {}, line)));
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 4))}px`;
    tip.style.top = `${event.clientY > height + 20 ? event.clientY - height - 12 : event.clientY + 20}px`;
  };

  // The values of the time nearest to the pointer, for lines that are drawn without points.
  explore.nearest = (view, event) => {
    const { state, shown } = explore.view, time = state.by.find(explore.isTime);
    const box = view.container().querySelector("svg, canvas").getBoundingClientRect(), [left] = view.origin();
    const at = view.scale("x").invert(event.clientX - box.left - left);
    const times = [...new Set(shown.map((row) => row[time]))];
    const near = times.reduce((one, other) => (Math.abs(explore.instant(other) - at) < Math.abs(explore.instant(one) - at) ? other : one));
    return shown.filter((row) => row[time] === near);
  };

  explore.showNearest = (view, event) => {
    const { state } = explore.view, rows = explore.nearest(view, event), metric = explore.metric(state.metric);
    const time = state.by.find(explore.isTime), other = state.by.find((name) => name !== time);
    show(event, [explore.valueLabel(time, rows[0][time]), ...rows.map((row) => `${other ? `${explore.valueLabel(other, row[other])}: ` : ""}${explore.amount(row.value, metric.unit)}`)]);
  };

  // The unit says what it is, or the label does.
  explore.valueLine = ({ label, unit }, value) => (label.toLowerCase() === unit ? "" : `${label}: `) + explore.amount(value, unit);

  const linesOf = ({ row, properties }) => {
    const { state } = explore.view, metric = explore.metric(state.metric);
    if (!row) return properties ? [`${properties.zone_name}, ${properties.borough}`, "no value"] : [];
    const names = state.by.map((name) => (properties && explore.isZone(name) ? `${properties.zone_name}, ${properties.borough}` : explore.valueLabel(name, row[name])));
    const interval = row.low === undefined || row.low === null ? [] : [`95% confidence interval: ${explore.amount(row.low, metric.unit)} to ${explore.amount(row.high, metric.unit)}`];
    return [names.join(", "), explore.valueLine(metric, row.value), ...interval];
  };
})();
