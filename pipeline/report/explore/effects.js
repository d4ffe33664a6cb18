// Effects of weather: estimates with their intervals, of single months or pooled over all of them. They are shown as they are
// published, and never combined.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const MONTH = "metric_time__month", MODE = "weather_effect__trip_type";
  const MOST_REASONS = 6;

  explore.effectDimensions = ({ doses = [], pooled = [] }) => {
    const others = (field) => [...new Set(pooled.map((row) => row[field]))].filter((value) => value !== "all");
    return [
      { name: "dose", label: "Amount of rain", values: doses.map((one) => one.condition), labels: Object.fromEntries(doses.map((one) => [one.condition, one.title])) },
      { name: "season", label: "Season, all months", values: ["winter", "spring", "summer", "autumn"].filter((one) => others("season").includes(one)), labels: {} },
      { name: "pickup_borough", label: "Pickup borough, all months", values: others("pickup_borough"), labels: {} },
    ];
  };

  // Of month, season and borough at most one or two fit together: estimates of months have neither.
  explore.effectOptions = (metric, { by = [], where = {} } = {}) => {
    const chosen = [...by, ...Object.keys(where)], condition = conditionOf(metric);
    const hasPooled = (field) => explore.known.pooled?.some((row) => row[field] !== "all" && row.condition === condition);
    const fits = {
      [MODE]: true, [MONTH]: !chosen.some(isPooled), dose: condition === "rain" && !chosen.includes("pickup_borough"),
      season: hasPooled("season") && !chosen.includes(MONTH), pickup_borough: hasPooled("pickup_borough") && !chosen.includes(MONTH) && !chosen.includes("dose"),
    };
    const found = Object.keys(fits).filter((name) => fits[name]);
    const isOfOneMode = (name) => !by.length || by.includes(MODE) || name === MODE; // no chart mixes effects of several modes
    return { by: found.filter((name) => !by.includes(name) && isOfOneMode(name)), where: found.filter((name) => name !== MONTH) };
  };
  const isPooled = (name) => name === "season" || name === "pickup_borough";
  const conditionOf = (metric) => metric.replace(/_effect_pct$/, "");

  // An effect is of one mode: without a mode, modes are shown one by one.
  explore.withMode = (metric, by, where) => (explore.isEffect(metric) && !by.includes(MODE) && where[MODE]?.length !== 1 && by.length < 2 ? [...by, MODE] : by);

  // Effects of several months are shown by month, or as those over all months.
  explore.isOfAll = ({ metric, by, where, ...state }) => explore.isEffect(metric) && !by.includes(MONTH)
    && (explore.monthsOf(state).chosen.length > 1 || [...by, ...Object.keys(where)].some(isPooled));

  explore.effects = (state) => {
    const { months, where } = explore.question(state), { by } = state, ofAll = explore.isOfAll(state);
    const source = ofAll ? explore.known.pooled || [] : explore.estimates(months).rows;
    const conditions = by.includes("dose") ? explore.valuesOf("dose") : where.dose || [conditionOf(state.metric)];
    const fieldsOf = (row) => ({ [MONTH]: `${row.month}-01`, [MODE]: row.trip_type, dose: row.condition, season: row.season, pickup_borough: row.pickup_borough });
    const passes = (row, fields) => conditions.includes(row.condition)
      && (!ofAll || ["season", "pickup_borough"].every((name) => (by.includes(name) || where[name] ? fields[name] !== "all" : fields[name] === "all")))
      && Object.entries(where).every(([name, values]) => values.includes(fields[name]));
    const found = source.map((row) => [row, fieldsOf(row)]).filter(([row, fields]) => passes(row, fields));
    const rows = found.map(([row, fields]) => ({
      ...Object.fromEntries(by.map((name) => [name, fields[name]])),
      value: row.effect_pct, low: row.low_pct, high: row.high_pct,
      significant: row.is_significant,
    }));
    return { rows: inOrder(by, rows), missing: [...(ofAll ? [overAll(found)] : []), ...reasons(by, found)] };
  };

  const overAll = (found) => {
    const months = found.map(([row]) => row.months);
    return found.length ? `These are effects over all published months, each of ${span(Math.min(...months), Math.max(...months))} with an estimate; choose one month, or show them by month, for single ones.` : "No effects over all months are published.";
  };
  const span = (least, most) => (least === most ? explore.counted(most, "month") : `${least} to ${most} months`);
  const reasons = (by, found) => {
    const without = found.filter(([row]) => row.effect_pct === null);
    if (without.length > MOST_REASONS) return [`${without.length} of ${found.length} effects are not estimated: too few hours can be compared.`];
    return without.map(([row, fields]) => `${by.map((name) => explore.valueLabel(name, fields[name])).join(", ")}: not estimated (${row.reason}).`);
  };
  const inOrder = (by, rows) => {
    const ranks = by.map((name) => { const values = explore.valuesOf(name); return (value) => (explore.isTime(name) ? value : values.indexOf(value)); });
    return rows.sort((one, other) => { for (const [index, name] of by.entries()) { const a = ranks[index](one[name]), b = ranks[index](other[name]); if (a !== b) return a < b ? -1 : 1; } return 0; });
  };
})();
