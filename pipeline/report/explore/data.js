// The catalogue of the data as the page reads it: explore.known, and what a metric can be shown by. ask.js answers.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};

  explore.readCatalogue = () => {
    const found = typeof explore.catalogue === "function" && explore.catalogue();
    if (!found?.months) return { months: [], metrics: [], dimensions: [], modes: [] };
    const modes = found.modes.map((mode) => ({ ...mode, name: mode.trip_type, label: mode.title }));
    const dimensions = Object.entries(found.dimensions).map(([name, dimension]) => ({
      ...dimension, name, values: explore.isMode(name) ? modes.map((mode) => mode.name) : dimension.values || [],
      labels: distinct(dimension.labels || {}),
    }));
    return {
      ...found, modes, dimensions: [...dimensions, ...explore.effectDimensions(found)], months: found.months.map((one) => one.month), published: found.months,
      metrics: Object.entries(found.metrics).map(([name, metric]) => ({ ...metric, name })),
    };
  };

  // Zones that share a name are told apart by their keys.
  const distinct = (given) => {
    const labels = Object.fromEntries(Object.entries(given).map(([key, label]) => [key, label.replace(/^(.+), \1$/, "$1")])); // Unknown, Unknown
    const times = new Map();
    for (const label of Object.values(labels)) times.set(label, (times.get(label) || 0) + 1);
    return Object.fromEntries(Object.entries(labels).map(([key, label]) => [key, times.get(label) > 1 ? `${label} (zone ${key})` : label]));
  };

  // The name of a zone without its borough, as the dimension zone_name has it.
  explore.zoneName = (name, key) => explore.catalogue().dimensions[name].labels?.[key]?.replace(/, [^,]*$/, "") ?? "";

  // Names of zones and keys of stations have a better dimension of the same meaning.
  const isShown = (name) => explore.dimension(name) && !/_location__zone_name$|^start_station(__station_id|__latitude|__longitude)?$|^weather_effect__(condition|reason)$/.test(name);

  // What can be added to a question. A question whose metric is not covered has no options.
  explore.offered = (metric, chosen = {}) => {
    const { by, where } = optionsOf(metric, chosen);
    const isSecondTime = (name) => explore.isTime(name) && chosen.by?.some(explore.isTime); // days by hours are hours
    return { by: by.filter((name) => isShown(name) && !isSecondTime(name)), where: where.filter((name) => isShown(name) && (explore.valuesOf(name).length > 1 || chosen.where?.[name])) };
  };
  explore.isAnswerable = (metric, by, where = {}) => by.every((name, index) => optionsOf(metric, { by: by.slice(0, index), where }).by.includes(name));
  const optionsOf = (metric, chosen) => (explore.isEffect(metric) ? explore.effectOptions(metric, chosen) : explore.options(metric, chosen));

  // The dimension of the same meaning that the metric has: modes of trips, of hours and of effects differ by name.
  explore.sameDimension = (name, offered) => (offered.includes(name) || !explore.isMode(name) ? name : offered.find(explore.isMode) || name);

  // Where the data of these months are from: the publishers of what is not generated, and a sentence on what is.
  explore.originOf = (months) => {
    const { published, publishers, publisher_of: publisherOf, in_every_month: inEveryMonth } = explore.known;
    const shown = published.filter((one) => months.includes(one.month));
    const real = new Set(shown.flatMap((one) => Object.keys(publisherOf).filter((source) => (one.sources.includes(source) || inEveryMonth.includes(source)) && !one.generated.includes(source)).map((source) => publisherOf[source])));
    return { publishers: publishers.filter((one) => real.has(one.name)), note: noteOn(shown, real.size) };
  };
  const noteOn = (shown, real) => {
    const { made_up: madeUp, many_months: many } = explore.known;
    const made = shown.filter((one) => one.generated.length).map((one) => one.month);
    if (!made.length) return "";
    if (!real) return `The trips and the weather are ${madeUp}. They say nothing about New York.`;
    return `Data of ${made.length > many ? explore.counted(made.length, "month") : explore.joined(made.map(explore.monthLabel))} are ${madeUp}, in whole or in part.`;
  };
})();
