// The state of the page <-> the fragment of its address: #metric=total_trips&by=metric_time__day&months=2024-01..2024-03
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const KEY = "mobility.explore";
  const OWN = ["metric", "by", "months", "chart"];

  // {metric, by: [names], months: [first, last] or null for all, where: {dimension: [texts]}, chart: kind or ""}
  explore.decode = (fragment) => {
    const given = new URLSearchParams(fragment.replace(/^#/, ""));
    const where = Object.create(null); // an address may name anything, __proto__ too
    for (const [name, value] of given) if (name && value && !OWN.includes(name)) (where[name] ||= []).push(value);
    const [first, last] = (given.get("months") || "").split("..");
    return {
      metric: given.get("metric") || "",
      by: (given.get("by") || "").split(",").filter(Boolean),
      months: first ? [first, last || first] : null,
      where,
      chart: given.get("chart") || "",
    };
  };

  explore.encode = ({ metric, by, months, where, chart }) => {
    const parts = [["metric", metric], ["by", by.join(",")], ["months", months ? months.join("..") : ""], ["chart", chart]]
      .filter(([, value]) => value)
      .concat(Object.entries(where).flatMap(([name, values]) => values.map((value) => [name, value])));
    return `#${parts.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&")}`;
  };

  // Corrects a state, so that it can be answered. notes: sentences on what was asked for and cannot be shown.
  explore.corrected = (given) => {
    const notes = [];
    const metric = explore.metric(given.metric) || explore.metric("total_trips") || explore.pickable()[0];
    if (given.metric && metric.name !== given.metric) notes.push(`No metric is named ${explore.shortened(given.metric)}.`);
    const by = correctedBy(metric, given.by, notes);
    const where = correctedWhere(metric, by, given.where, notes);
    by.splice(0, by.length, ...explore.withMode(metric.name, by, where));
    const strange = (given.months || []).filter((month) => !/^(19|20)\d\d-(0[1-9]|1[0-2])$/.test(month));
    if (strange.length) notes.push(`No month is written ${explore.joined(few([...new Set(strange)]).map(explore.shortened), "or")}: the newest are shown.`);
    const months = given.months && !strange.length ? [...given.months].sort() : null;
    const state = { metric: metric.name, by, months, where, chart: given.chart };
    const kinds = explore.kindsOf(state);
    if (!kinds.includes(state.chart)) state.chart = kinds[0];
    return { state, notes };
  };

  const correctedBy = (metric, names, notes) => {
    const by = [];
    for (const name of names.slice(0, 2)) {
      const offered = explore.offered(metric.name, { by }).by, same = explore.sameDimension(name, offered);
      if (offered.includes(same)) by.push(same);
      else if (!explore.dimension(name)) notes.push(`Nothing is named ${explore.shortened(name)} that a metric can be shown by.`);
      else notes.push(`${metric.label} cannot be shown by ${explore.joined([...by, name].map(explore.dimensionInSentence).map(explore.shortened))}.`);
    }
    return by;
  };

  const correctedWhere = (metric, by, filters, notes) => {
    const where = {};
    for (const [name, values] of Object.entries(filters)) {
      const offered = explore.offered(metric.name, { by, where }).where, same = explore.sameDimension(name, offered);
      const texts = explore.valuesOf(same).map(explore.textOf), isKnown = (value) => texts.includes(value);
      // Values may be separated by commas, and have commas.
      const each = [...new Set(values.flatMap((value) => (isKnown(value) ? [value] : value.split(",").filter(Boolean))))];
      const found = each.filter(isKnown), unknown = each.filter((value) => !isKnown(value));
      if (!offered.includes(same)) notes.push(`The filter on ${explore.shortened(explore.dimensionInSentence(name))} does not apply: ${metric.label} cannot be limited by it${by.length ? ` when it is shown by ${explore.joined(by.map(explore.dimensionInSentence))}` : ""}.`);
      else where[same] = found.length ? found : unknown; // nothing passes a filter without a known value
      if (offered.includes(same) && unknown.length) notes.push(`${explore.dimensionLabel(name)} has no value ${explore.joined(few(unknown).map(explore.shortened), "or")}.`);
    }
    return where;
  };

  const few = (words) => (words.length > 6 ? [...words.slice(0, 5), `${words.length - 5} more`] : words);

  // The published months of a state, the newest of them if it names none, and those of its range that are not published.
  explore.monthsOf = ({ months }) => {
    const published = explore.known.months;
    const [first, last] = months || [published.slice(-12)[0], published.at(-1)];
    const absent = explore.monthsBetween(first, last).filter((month) => !published.includes(month));
    return { chosen: published.filter((month) => first <= month && month <= last), absent };
  };

  explore.monthsBetween = (first, last) => {
    const found = [];
    for (let month = first; month <= last && found.length < 2400; month = following(month)) found.push(month);
    return found;
  };
  const following = (month) => {
    const [year, number] = month.split("-").map(Number);
    return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
  };

  // Browsers may refuse to store anything, in private windows or for files.
  explore.remember = (fragment) => { try { localStorage.setItem(KEY, fragment); } catch { /* nothing is remembered */ } };
  explore.remembered = () => { try { return localStorage.getItem(KEY) || ""; } catch { return ""; } };
})();
