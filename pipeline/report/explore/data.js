// The catalogue of the data as the page reads it: explore.known, and what a metric can be shown by. ask.js answers.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const CATEGORIES = ["core", "mode share", "time patterns", "typical trip", "weather effect", "weather impact", "building block"];
  const MADE_UP = "made up by a program (nyc-mobility sample)";

  explore.readCatalogue = () => {
    const found = typeof explore.catalogue === "function" && explore.catalogue();
    if (!found) return { months: [], metrics: [], dimensions: [], modes: [] };
    const modes = found.modes.map((mode) => ({ ...mode, name: mode.trip_type, label: mode.title }));
    const dimensions = Object.entries(found.dimensions).map(([name, dimension]) => ({
      ...dimension, name, values: explore.isMode(name) ? modes.map((mode) => mode.name) : dimension.values || [],
    }));
    return {
      ...found, modes, dimensions, months: found.months.map((one) => one.month), published: found.months,
      metrics: Object.entries(found.metrics).map(([name, metric]) => ({ ...metric, name }))
        .sort((one, other) => CATEGORIES.indexOf(one.category) - CATEGORIES.indexOf(other.category)),
    };
  };

  // What can be added to a question. A question whose metric is not covered has no options.
  explore.offered = (metric, chosen = {}) => {
    const { by, where } = explore.options(metric, chosen);
    return { by: by.filter((name) => explore.dimension(name)), where: where.filter((name) => explore.valuesOf(name).length > 1 || chosen.where?.[name]) };
  };
  explore.isAnswerable = (metric, by, where = {}) => by.every((name, index) => explore.options(metric, { by: by.slice(0, index), where }).by.includes(name));

  // The dimension of the same meaning that the metric has: modes of trips, of hours and of effects differ by name.
  explore.sameDimension = (name, offered) => (offered.includes(name) || !explore.isMode(name) ? name : offered.find(explore.isMode) || name);

  // Where the data of these months are from: the publishers of what is not generated, and a sentence on what is.
  explore.originOf = (months) => {
    const { published, publishers, publisher_of: publisherOf } = explore.known;
    const shown = published.filter((one) => months.includes(one.month));
    const real = new Set(shown.flatMap((one) => Object.keys(publisherOf).filter((source) => (one.sources.includes(source) || source === "weather") && !one.generated.includes(source)).map((source) => publisherOf[source])));
    return { publishers: publishers.filter((one) => real.has(one.name)), note: noteOn(shown, real.size) };
  };
  const noteOn = (shown, real) => {
    const made = shown.filter((one) => one.generated.length).map((one) => one.month);
    if (!made.length) return "";
    if (!real) return `The trips and the weather are ${MADE_UP}. They say nothing about New York.`;
    return `Data of ${made.length > 6 ? explore.counted(made.length, "month") : explore.joined(made.map(explore.monthLabel))} are ${MADE_UP}, in whole or in part.`;
  };
})();
