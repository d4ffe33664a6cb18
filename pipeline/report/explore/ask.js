// Answers questions about metrics from the cubes of months, as MetricFlow does: measures are aggregated first, and
// metrics are calculated from them last. pipeline/explore/ writes the files; see there for what they hold.
"use strict";

globalThis.explore = Object.assign(globalThis.explore || {}, (() => {
  const months = new Map(); // "2024-01" -> {packed: {name: base64}, parts: {name: cube or table}}
  const loading = new Map();
  const failed = new Set();
  let catalogue = null;
  let zones = null;

  // -- Files ---------------------------------------------------------------------------------------------------------

  /**
   * Loads the files of months, and unpacks the cubes that the question needs; without a question, all of them. The
   * question "estimates" unpacks the effects of weather.
   */
  async function load(requested, question) {
    await Promise.all(requested.filter((month) => published(month)).map(script));
    const cubes = question === "estimates" ? [] : question ? cubesFor(question) : Object.keys(catalogue.cubes);
    const names = new Set(["estimates", ...cubes.flatMap((name) => [name, ...catalogue.cubes[name].tables])]);
    await Promise.all(requested.filter((month) => months.has(month)).map(async (month) => {
      try {
        await Promise.all([...names].map((name) => unpack(months.get(month), name)));
      } catch { // the file is damaged; the other months can be shown
        failed.add(month);
        months.delete(month);
        loading.delete(month);
      }
    }));
  }

  function script(month) {
    if (!loading.has(month)) {
      loading.set(month, new Promise((resolve) => {
        const tag = document.createElement("script");
        tag.src = `${explore.folder}${month}.js`;
        tag.onload = () => { failed.delete(month); resolve(); };
        tag.onerror = () => { failed.add(month); loading.delete(month); resolve(); };
        document.head.append(tag);
      }));
    }
    return loading.get(month);
  }

  async function unpack(month, name) {
    if (!(name in month.packed) || name in month.parts) return;
    const text = atob(month.packed[name]);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i); // Uint8Array.from takes five times as long
    const unzipping = new DecompressionStream("gzip"); // a blob's stream takes twice as long
    const writer = unzipping.writable.getWriter();
    writer.write(bytes).catch(() => {}); // damaged bytes are an error of the reader as well
    writer.close().catch(() => {});
    month.parts[name] = await new Response(unzipping.readable).json();
    delete month.packed[name];
  }

  /** The parts of a measure; those that refer to another measure's are written out once they are needed. */
  function partsOf({measures}, measure) {
    const parts = measures[measure];
    parts?.forEach((part, number) => {
      if (Array.isArray(part)) return;
      const [other, earlier] = part.of;
      const {where, elsewhere} = part;
      parts[number] = measures[other][earlier].map((value, row) => (where[row] === "1" ? value : elsewhere));
    });
    return parts;
  }

  const published = (month) => catalogue.months.some((one) => one.month === month);

  // -- What can be asked ---------------------------------------------------------------------------------------------

  /** The measures that a metric is made of, each with the names in the conditions on its rows. */
  function measuresOf(metric, names = []) {
    const {measure, inputs, where} = catalogue.metrics[metric].calculation;
    const all = [...names, ...where.flatMap(namesIn)];
    return measure ? [{measure, names: all}] : inputs.flatMap((input) => measuresOf(input, all));
  }

  const namesIn = (node) => (node[0] === "name" ? [node[1]] : node.slice(1).flatMap((one) => Array.isArray(one) ? namesIn(one) : []));

  /** The cubes that have the measure, and all of the dimensions in their tables, in the catalogue's order. */
  function cubesWith(measure, dimensions) {
    return Object.entries(catalogue.cubes)
      .filter(([, cube]) => cube.measures.includes(measure) && dimensions.every((name) => tableWith(cube, name) !== undefined))
      .map(([name]) => name);
  }

  const tableWith = (cube, dimension) => cube.tables.find((table) => catalogue.tables[table].includes(dimension));

  function cubesFor({metric, by = [], where = {}}) {
    if (!(metric in catalogue.metrics)) return [];
    const dimensions = [...by, ...Object.keys(where)];
    return [...new Set(measuresOf(metric).flatMap(({measure, names}) => {
      const found = cubesWith(measure, [...dimensions, ...names]);
      return catalogue.measures[measure].agg === "median" ? found : found.slice(0, 1);
    }))];
  }

  /** The dimensions that a question about the metric can be grouped and filtered by, beside those chosen already. */
  function options(metric, {by = [], where = {}} = {}) {
    const chosen = [...by, ...Object.keys(where)];
    const measures = measuresOf(metric);
    const fits = (dimension) => measures.every(({measure, names}) => cubesWith(measure, [...chosen, ...names, dimension]).length);
    const found = Object.keys(catalogue.dimensions).filter(fits);
    return {by: found.filter((name) => !by.includes(name)), where: found};
  }

  // -- Answers -------------------------------------------------------------------------------------------------------

  /**
   * The rows of the answer, ordered by their dimensions, and sentences on what is missing.
   * {metric, by: [...], months: ["2024-01"], where: {dimension: [values]}} -> {rows: [{dimension: …, value}], missing}
   */
  function ask({metric, by = [], months: requested, where = {}}) {
    const missing = [];
    if (!(metric in catalogue.metrics)) {
      const reason = catalogue.not_covered[metric];
      return {rows: [], missing: [reason ? `${metric} cannot be calculated here: ${reason}.` : `There is no metric ${metric}.`]};
    }
    const used = [...new Set(requested)].filter((month) => {
      const reason = !published(month) ? "is not published" : failed.has(month) ? "could not be loaded: its file is missing or damaged" : months.has(month) ? "" : "is not loaded";
      if (reason) missing.push(`${month} ${reason}.`);
      return !reason;
    });
    const question = {by, where, months: used, label: catalogue.metrics[metric].label, groups: by.map(() => new Groups())};
    try {
      const values = evaluate(metric, question, []);
      if (!by.length && !values.size && used.length) values.set(0, filled(metric));
      missing.push(...absentModes(metric, question));
      return {rows: rowsOf(values, question), missing};
    } catch (error) {
      if (!(error instanceof Unanswerable)) throw error;
      return {rows: [], missing: [...missing, error.message]};
    }
  }

  /** The effects of weather in the months, by mode and condition or dose; without an estimate each has a reason. */
  function estimates(requested) {
    const loaded = requested.filter((month) => months.get(month)?.parts.estimates);
    return {
      rows: loaded.flatMap((month) => months.get(month).parts.estimates.map((row) => ({month, ...row}))),
      missing: requested.filter((month) => !loaded.includes(month)).map((month) => `${month} is not loaded.`),
    };
  }

  class Unanswerable extends Error {}

  const SPAN = 2 ** 17; // the most values of a dimension; with 8,000 of another one, engines keep groups as small integers

  /** Numbers for the values of a dimension, the same in all months and cubes. */
  class Groups {
    constructor() { this.values = []; this.numbers = new Map(); }
    number(value) {
      if (this.values.length === SPAN) throw new Unanswerable("Too many groups: choose fewer months.");
      if (!this.numbers.has(value)) { this.numbers.set(value, this.values.length); this.values.push(value); }
      return this.numbers.get(value);
    }
  }


  /** The metric's values by the numbers of groups; a group without rows has none. */
  function evaluate(metric, question, conditions) {
    const {measure, fill, expr, inputs, where} = catalogue.metrics[metric].calculation;
    const all = [...conditions, ...where];
    if (measure) {
      const values = aggregate(measure, question, all);
      if (fill !== null) for (const [group, value] of values) if (value === null) values.set(group, fill);
      return values;
    }
    const found = Object.fromEntries(inputs.map((input) => [input, evaluate(input, question, all)]));
    const groups = new Set(Object.values(found).flatMap((values) => [...values.keys()]));
    const values = new Map();
    for (const group of groups) {
      const names = (name) => (found[name].has(group) ? found[name].get(group) : filled(name));
      const value = calculate(expr, names);
      values.set(group, Number.isFinite(value) ? value : null);
    }
    return values;
  }

  /** The metric's value where there are no rows. */
  function filled(metric) {
    const {measure, fill, expr} = catalogue.metrics[metric].calculation;
    return measure ? fill : calculate(expr, filled);
  }

  /** The value of an expression; null as in SQL. */
  function calculate([operator, ...parts], names) {
    if (operator === "name") return names(parts[0]);
    if (operator === "number" || operator === "text") return parts[0];
    if (operator === "null") return null;
    const value = (part) => calculate(part, names);
    if (operator === "case") {
      for (let i = 0; i + 1 < parts.length; i += 2) if (value(parts[i]) === true) return value(parts[i + 1]);
      return value(parts.at(-1));
    }
    const [a, b, ...more] = parts.map(value);
    if (operator === "is null") return a === null;
    if (operator === "is not null") return a !== null;
    if (operator === "coalesce") return [a, b, ...more].find((one) => one !== null) ?? null;
    if (operator === "and") return [a, b, ...more].includes(false) ? false : [a, b, ...more].includes(null) ? null : true;
    if (operator === "or") return [a, b, ...more].includes(true) ? true : [a, b, ...more].includes(null) ? null : false;
    if (a === null) return null;
    if (operator === "nullif") return a === b ? null : a;
    if (operator === "in") return [b, ...more].includes(a) ? true : [b, ...more].includes(null) ? null : false;
    if (operator === "-" && parts.length === 1) return -a;
    if (b === null) return null;
    return BINARY[operator](a, b);
  }

  const BINARY = {
    "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => (b === 0 ? null : a / b),
    "=": (a, b) => a === b, "<>": (a, b) => a !== b,
    ">": (a, b) => a > b, ">=": (a, b) => a >= b, "<": (a, b) => a < b, "<=": (a, b) => a <= b,
  };

  /** A measure's values by the numbers of groups. */
  function aggregate(measure, question, conditions) {
    const dimensions = [...question.by, ...Object.keys(question.where), ...conditions.flatMap(namesIn)];
    const {agg} = catalogue.measures[measure];
    const names = cubesWith(measure, dimensions);
    if (!names.length) throw new Unanswerable(`There are no data on ${question.label}${dimensions.length ? ` by ${dimensions.map(label).join(", ")}` : ""}.`);
    for (const name of names) {
      const found = combine(measure, AGGREGATIONS[agg], name, question, conditions);
      if (found) return found;
    }
    throw new Unanswerable("Medians cannot be combined: ask for one month or by month, and for one mode or by mode.");
  }

  const label = (name) => catalogue.dimensions[name]?.label ?? name;

  // Each: the state of a group after one more row, and the value of a state. A state of undefined has no row yet.
  const sum = (total, part) => (part === null ? total ?? null : (total ?? 0) + part);
  const same = (state) => state;
  const AGGREGATIONS = {
    sum: {add: sum, value: same},
    sum_boolean: {add: sum, value: same},
    count: {add: sum, value: same},
    min: {add: (least, part) => (part === null ? least ?? null : Math.min(least ?? part, part)), value: same},
    max: {add: (most, part) => (part === null ? most ?? null : Math.max(most ?? part, part)), value: same},
    average: {
      add: (state, part, count) => { state ??= [0, 0]; state[0] += part ?? 0; state[1] += count; return state; },
      value: ([total, count]) => (count ? total / count : null),
    },
    count_distinct: {
      add: (state, part) => { state ??= new Set(); if (part !== null) state.add(part); return state; },
      value: (state) => state.size,
    },
    median: {single: true, add: (state, part) => part, value: same},
  };

  /** The measure's values from one cube; null where a group would be of several rows that cannot be combined. */
  function combine(measure, {add, value, single}, name, question, conditions) {
    const states = new Map();
    const {tables} = catalogue.cubes[name];
    for (const condition of conditions) {
      if (new Set(namesIn(condition).map((one) => tableWith(catalogue.cubes[name], one))).size > 1) {
        throw new Unanswerable("A condition on two kinds of dimensions cannot be checked here.");
      }
    }
    for (const month of question.months) {
      const {packed, parts: loaded} = months.get(month);
      const parts = loaded[name] && partsOf(loaded[name], measure);
      if (name in packed) throw new Unanswerable(`${month} is not loaded for this question.`);
      if (!parts) throw new Unanswerable(`The file of ${month} was written by another version; run the month again.`);
      const {at} = loaded[name];
      const [first, second] = parts;
      const keys = tables.map((table) => keysOf(loaded[table], question, conditions));
      const size = first.length;
      rows: for (let row = 0; row < size; row++) {
        let group = 0;
        for (let i = 0; i < keys.length; i++) {
          const number = keys[i][at[i][row]];
          if (number < 0) continue rows;
          group += number;
        }
        const state = states.get(group);
        if (single && state !== undefined) return null;
        states.set(group, add(state, first[row], second && second[row]));
      }
    }
    for (const [group, state] of states) states.set(group, value(state));
    return states;
  }

  /** For each key of a table what it adds to the number of a group, or -1 where a condition excludes it. */
  function keysOf(table, question, conditions) {
    const has = (dimension) => dimension in table.dimensions;
    const numbers = new Array(table.size).fill(0);
    question.by.forEach((dimension, position) => {
      if (!has(dimension)) return;
      const {values, at} = table.dimensions[dimension];
      const of = values.map((value) => question.groups[position].number(value) * SPAN ** position);
      for (let key = 0; key < table.size; key++) numbers[key] += of[at ? at[key] : key];
    });
    const filters = Object.entries(question.where).filter(([dimension]) => has(dimension)).map(([dimension, allowed]) => {
      const {values, at} = table.dimensions[dimension];
      const texts = new Set(allowed.map(String)); // null is "null", which no value is
      const passes = values.map((value) => texts.has(String(value)));
      return (key) => passes[at ? at[key] : key];
    });
    for (const condition of conditions.filter((one) => namesIn(one).every(has))) {
      const [dimension, ...others] = new Set(namesIn(condition));
      if (others.length) {
        filters.push((key) => calculate(condition, (name) => valueOf(table, name, key)) === true);
      } else {
        const {values, at} = table.dimensions[dimension];
        const passes = values.map((value) => calculate(condition, () => value) === true);
        filters.push((key) => passes[at ? at[key] : key]);
      }
    }
    for (let key = 0; key < table.size; key++) if (!filters.every((passes) => passes(key))) numbers[key] = -1;
    return numbers;
  }

  const valueOf = ({dimensions}, name, key) => dimensions[name].values[dimensions[name].at ? dimensions[name].at[key] : key];

  /** Rows in the order of the dimensions' values. */
  function rowsOf(values, {by, groups}) {
    const ranks = by.map((dimension, position) => ranksOf(dimension, groups[position].values));
    const number = (group, position) => Math.floor(group / SPAN ** position) % SPAN;
    const rank = (group) => by.reduce((total, _, position) => total * SPAN + ranks[position][number(group, position)], 0);
    const found = [...values].map(([group, value]) => ({group, value, rank: rank(group)}));
    found.sort((a, b) => a.rank - b.rank);
    return found.map(({group, value}) => {
      const row = {};
      by.forEach((dimension, position) => { row[dimension] = groups[position].values[number(group, position)]; });
      row.value = value;
      return row;
    });
  }

  /** The position of each value in the order of its dimension; null is last. */
  function ranksOf(dimension, values) {
    const declared = dimension.endsWith("trip_type") ? catalogue.modes.map((mode) => mode.trip_type) : catalogue.dimensions[dimension]?.values;
    const order = new Map((declared ?? []).map((value, rank) => [value, rank]));
    const rank = (value) => (value === null ? Infinity : order.get(value) ?? order.size);
    const sorted = [...values.keys()].sort((one, other) => {
      const [a, b] = [values[one], values[other]];
      if (rank(a) !== rank(b)) return rank(a) < rank(b) ? -1 : 1;
      return a < b ? -1 : a > b ? 1 : 0;
    });
    const ranks = [];
    sorted.forEach((number, position) => { ranks[number] = position; });
    return ranks;
  }

  /** A sentence for each mode that is not loaded for some of the months, and that the metric and the question include. */
  function absentModes(metric, {where, months: used}) {
    const named = measuresOf(metric).map(({measure}) => catalogue.measures[measure].modes);
    const of = (mode) => named.some((modes) => !modes.length || modes.includes(mode));
    const modes = Object.entries(where).filter(([dimension]) => dimension.endsWith("trip_type")).map(([, values]) => values);
    return catalogue.modes.filter(({trip_type: mode}) => of(mode) && modes.every((values) => values.includes(mode))).flatMap(({trip_type: mode, title}) => {
      const without = used.filter((month) => !catalogue.months.find((one) => one.month === month).modes.includes(mode));
      return without.length ? [`${title}: not loaded for ${without.join(", ")}.`] : [];
    });
  }

  return {
    folder: "explore/",
    load, options, ask, estimates,
    month(name, packed) { months.set(name, {packed, parts: {}}); },
    catalogue(found) { if (found) catalogue = found; return catalogue; },
    zones(found) { if (found) zones = found; return zones; },
  };
})());
