// What explore.ask answers -> the rows that a chart draws: in order, with a null where a value is missing.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const MOST_SERIES = 10;
  const MOST_BARS = 30;
  const MOST_NAMES = 5;
  const MOST_TIMES = 4500; // six months of hours; more take longer than 200 ms to draw

  // The question of a state, as ask.js takes it: with the values of filters as the data have them.
  explore.question = (state) => ({
    metric: state.metric, by: state.by, months: explore.monthsOf(state).chosen,
    where: Object.fromEntries(Object.entries(state.where).map(([name, texts]) => [
      name, explore.valuesOf(name).filter((value) => texts.includes(explore.textOf(value)))])),
  });

  // The answer to the question of a state, from the months that are loaded.
  explore.answer = (state) => {
    const { chosen, absent } = explore.monthsOf(state);
    const isEmpty = Object.values(explore.question(state).where).some((values) => !values.length); // no value of a filter is known
    const { rows, missing } = isEmpty ? { rows: [], missing: [] } : explore.isEffect(state.metric) ? explore.effects(state) : explore.ask(explore.question(state));
    const unpublished = absent.length ? [`Not published: ${list(absent.map(explore.monthLabel))}.`] : [];
    return { rows: complete(state, rows, chosen, absent), missing: [...unpublished, ...missing, ...(explore.isEffect(state.metric) ? [] : withoutValue(state, rows))] };
  };
  const list = (words) => (words.length > 6 ? `${words.slice(0, 5).join(", ")} and ${words.length - 5} more months` : explore.joined(words));

  // Says which groups have no value: a mode that reports no distance, a zone without trips in rain.
  const withoutValue = (state, rows) => {
    const isNull = (row) => row.value === null, all = rows.filter(isNull);
    if (!all.length) return [];
    const metric = explore.metric(state.metric).label, said = [];
    let left = all;
    for (const name of state.by.filter(explore.isMode)) {
      const valued = new Set(rows.filter((row) => !isNull(row)).map((row) => row[name]));
      const empty = [...new Set(all.map((row) => row[name]))].filter((value) => !valued.has(value));
      if (empty.length) said.push(`${metric} has no value for ${explore.joined(empty.map((value) => explore.valueLabel(name, value)))}.`);
      left = left.filter((row) => !empty.includes(row[name]));
    }
    if (!left.length) return said;
    const names = left.map((row) => state.by.map((name) => explore.valueLabel(name, row[name])).join(", "));
    const which = left.length > MOST_NAMES ? `in ${explore.number(left.length)} of ${explore.number(rows.length)} groups` : `for ${names.join("; ")}`;
    return state.by.length ? [...said, `${metric} has no value ${which}.`] : [];
  };

  // A day or month without a value is a row with null, for each series: a line has a gap there.
  const complete = (state, rows, chosen, absent) => {
    const time = state.by.find((name) => name === "metric_time__day" || name === "metric_time__month");
    if (!time || !rows.length) return rows;
    const months = [...chosen, ...absent].sort();
    const all = time === "metric_time__month" ? months.map((month) => `${month}-01`) : months.flatMap(daysOf);
    const other = state.by.find((name) => name !== time), found = new Map();
    for (const row of rows) {
      const value = other && row[other];
      if (!found.has(value)) found.set(value, new Set());
      found.get(value).add(row[time]);
    }
    const gaps = [...found].flatMap(([value, times]) => all.filter((one) => !times.has(one)).map((one) => ({ [time]: one, ...(other && { [other]: value }), value: null })));
    return gaps.length ? [...rows, ...gaps].sort((one, two) => (one[time] < two[time] ? -1 : one[time] > two[time] ? 1 : 0)) : rows;
  };
  const daysOf = (month) => {
    const [year, number] = month.split("-").map(Number);
    return Array.from({ length: new Date(Date.UTC(year, number, 0)).getUTCDate() }, (_, index) => `${month}-${String(index + 1).padStart(2, "0")}`);
  };

  // The rows that fit into a chart, and a sentence on those that do not: the series or bars with the greatest values.
  explore.fitting = (state, rows) => {
    const [first, second] = state.by;
    if (state.chart === "map" || (state.chart === "multiples" && state.by.some(explore.isZone))) return { rows, note: "" };
    if (state.chart === "points") return second && !explore.isNumeric(second) && distinct(rows, second) > MOST_SERIES ? largest(state, rows, second, MOST_SERIES) : { rows, note: "" };
    if (first && !explore.isTime(first) && distinct(rows, first) > MOST_BARS) return largest(state, rows, first, MOST_BARS);
    if (second && !explore.isTime(second) && state.chart !== "heat" && distinct(rows, second) > MOST_SERIES) return largest(state, rows, second, MOST_SERIES);
    if (second && state.chart === "heat" && !explore.isTime(second) && distinct(rows, second) > MOST_BARS) return largest(state, rows, second, MOST_BARS);
    const time = state.by.find(explore.isTime);
    return time && rows.length > MOST_TIMES ? newest(rows, time, MOST_TIMES) : { rows, note: "" };
  };
  // What a map leaves out: trips at an unknown location, or outside of the zones that have a shape.
  explore.notOnMap = (state, rows) => {
    const zone = state.by.find(explore.isZone), metric = explore.metric(state.metric);
    if (!zone || !(state.chart === "map" || state.chart === "multiples")) return "";
    const drawn = new Set(explore.features().map((feature) => explore.zoneKey(feature.properties)));
    const left = rows.filter((row) => row.value !== null && !drawn.has(explore.textOf(row[zone])));
    if (!left.length) return "";
    const names = explore.joined([...new Set(left.map((row) => explore.valueLabel(zone, row[zone])))].slice(0, 5));
    const sum = metric.is_additive ? ` (${explore.amount(left.reduce((total, row) => total + row.value, 0), metric.unit)})` : "";
    return `Not on the map: ${names}${sum}.`;
  };
  const distinct = (rows, name) => new Set(rows.map((row) => explore.textOf(row[name]))).size;
  const largest = (state, rows, name, most) => {
    const sums = new Map();
    for (const row of rows) {
      const text = explore.textOf(row[name]), value = row.value ?? -Infinity;
      sums.set(text, explore.metric(state.metric).is_additive ? (sums.get(text) || 0) + (row.value || 0) : Math.max(sums.get(text) ?? -Infinity, value));
    }
    const kept = new Set([...sums].sort((one, other) => other[1] - one[1]).slice(0, most).map(([text]) => text));
    const note = `The chart shows the ${most} highest of ${sums.size} (${explore.dimensionInSentence(name)}); the CSV has all.`;
    return { rows: rows.filter((row) => kept.has(explore.textOf(row[name]))), note };
  };

  // The newest months of hours or days that are more than a screen shows apart.
  const newest = (rows, time, most) => {
    const counts = new Map();
    for (const row of rows) {
      const month = row[time].slice(0, 7);
      counts.set(month, (counts.get(month) || 0) + 1);
    }
    const months = [...counts.keys()].sort();
    let first = months.length - 1;
    for (let sum = counts.get(months[first]); first > 0 && sum + counts.get(months[first - 1]) <= most; first -= 1) sum += counts.get(months[first - 1]);
    const note = `The chart shows the newest ${explore.counted(months.length - first, "month")} of ${months.length}: more values would be finer than a screen; the CSV has all.`;
    return { rows: rows.filter((row) => row[time] >= months[first]), note, isOfNewest: true };
  };

  // RFC 4180, with the names of MetricFlow as the published CSV files have them.
  explore.csv = (state, rows) => {
    const intervals = rows.some((row) => row.low !== undefined) ? ["low", "high"] : [];
    const columns = state.by.flatMap((name) => (explore.isZone(name)
      ? [[name, (row) => row[name]], [`${name}__zone_name`, (row) => explore.zoneName(name, row[name])]] : [[name, (row) => row[name]]]));
    const cell = (value) => { const text = explore.textOf(value); return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text; };
    const lines = rows.map((row) => [...columns.map(([, read]) => read(row)), row.value, ...intervals.map((name) => row[name])]);
    return [[...columns.map(([name]) => name), state.metric, ...intervals.map((end) => state.metric.replace(/_pct$/, `_${end}_pct`))], ...lines].map((line) => `${line.map(cell).join(",")}\r\n`).join("");
  };
})();
