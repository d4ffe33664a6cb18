// The kinds of charts, and the Vega-Lite specification of each.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const MOST_POINTS = 400;
  const MOST_MAPS = 9;
  const DAY = 24 * 60 * 60 * 1000;
  const LOCAL = { type: "utc" }; // days are stored as UTC, and shown as they are

  explore.KINDS = {
    figure: "Figure", line: "Lines", bars: "Bars", shares: "Shares", multiples: "Small multiples", heat: "Heat map", map: "Map", points: "Points", intervals: "Intervals",
  };

  // The kinds that fit the question, the best one first.
  explore.kindsOf = ({ metric, by: [first, second], where }) => {
    const additive = explore.metric(metric).is_additive;
    if (!first) return ["figure"];
    if (explore.isEffect(metric)) return ["intervals"];
    if (!second && !explore.isNumeric(first)) return explore.isTime(first) ? ["line", "bars"] : explore.isZone(first) ? ["map", "bars"] : isFine(first) ? ["bars", "line"] : ["bars"];
    if (explore.isNumeric(first) && (!second || !explore.isTime(second))) return ["points", ...(second && isFine(second) ? ["heat"] : [])];
    const shares = additive ? ["shares"] : [];
    if (explore.isTime(first) || explore.isTime(second)) {
      const other = explore.isTime(first) ? second : first;
      if (where[other] && where[other].length <= MOST_MAPS) return ["line", "multiples", "heat"];
      return isFine(other) || explore.isZone(other) ? ["heat", "line"] : ["line", "multiples", "bars", ...shares, "heat"];
    }
    if (explore.isZone(first) || explore.isZone(second)) {
      const other = explore.isZone(first) ? second : first;
      return explore.isMode(other) || explore.valuesOf(other).length <= MOST_MAPS ? ["multiples", "bars", ...shares, "heat"] : ["heat", "bars"];
    }
    if (isFine(first) && isFine(second)) return ["heat", "multiples", "bars"];
    return [...(additive || !isFine(first) ? ["bars", ...(isFine(first) ? ["line"] : [])] : ["line", "bars"]), "multiples", ...shares, "heat"];
  };
  // Dimensions of many values in an order: hours, weekdays.
  const isFine = (name) => !explore.isZone(name) && !/station/.test(name) && (name === "time__hour_of_day" || name === "date__day_name" || name === "date__day_of_week" || explore.valuesOf(name).length > 12);

  // rows -> what the marks read: a and b are the first and second dimension, as labels or instants. Texts of numbers are
  // left to the tooltip: a chart may have 20,000 marks.
  const marksOf = (state, rows) => {
    const readers = state.by.map((name) => cached(explore.isTime(name) ? explore.instant : explore.isNumeric(name) && state.chart === "points" ? (value) => value : (value) => explore.valueLabel(name, value)));
    return rows.map((row) => {
      const mark = { value: row.value ?? null, row };
      readers.forEach((read, index) => { mark["ab"[index]] = read(row[state.by[index]]); });
      if (row.low !== undefined) Object.assign(mark, { low: row.low, high: row.high, clear: row.significant ?? (row.low > 0 || row.high < 0) });
      return mark;
    });
  };
  // A value that is missing is a gap in a line, and otherwise no mark. Series without any value are named in the notes.
  const withoutEmpty = (state, marks) => {
    const hasGaps = state.by.some(explore.isTime) && /^(line|multiples)$/.test(state.chart), series = explore.isTime(state.by[0]) ? "b" : "a";
    if (!hasGaps) return marks.filter((mark) => mark.value !== null);
    const valued = new Set(marks.filter((mark) => mark.value !== null).map((mark) => mark[series]));
    return marks.filter((mark) => valued.has(mark[series]));
  };
  const cached = (read) => {
    const known = new Map();
    return (value) => { if (!known.has(value)) known.set(value, read(value)); return known.get(value); };
  };

  const labels = (name, marks, field) => {
    const order = explore.valuesOf(name).map((value) => explore.valueLabel(name, value));
    const found = [...new Set(marks.map((mark) => mark[field]))];
    return [...order.filter((label) => found.includes(label)), ...found.filter((label) => !order.includes(label))];
  };

  // A channel of position for a dimension.
  const axis = (state, index, marks, more = {}) => {
    const name = state.by[index], field = "ab"[index];
    if (explore.isTime(name)) return { field, type: "temporal", scale: LOCAL, title: null, axis: { grid: false, labelFlush: true, labelOverlap: true, tickCount: 8, ...months(name, marks, field) }, ...more };
    return { field, type: "ordinal", sort: labels(name, marks, field), title: explore.dimensionLabel(name), axis: { grid: false, labelAngle: more.angle ?? 0, labelOverlap: more.angle ? false : true, labelLimit: 170 }, ...more };
  };
  // Months have their names at the axis.
  const months = (name, marks, field) => (name === "metric_time__month" ? { format: "%b %Y", values: few(marks, field) } : {});
  // At most eight of the instants. As an expression: those in a list Vega-Lite turns into datetime(…), of which Vega's
  // interpreter takes milliseconds for a year.
  const few = (marks, field, before = 0) => {
    const found = [...new Set(marks.map((mark) => mark[field]))].sort((one, other) => one - other), step = Math.ceil(found.length / 8);
    return { expr: JSON.stringify(found.filter((_, index) => index % step === 0).map((instant) => instant - before)) };
  };
  const quantity = (state, more = {}) => {
    const { unit } = explore.metric(state.metric);
    return { field: "value", type: "quantitative", title: explore.unitTitle(unit), axis: { format: "~s", labelExpr: axisText(unit), tickCount: 5, ...more.axis }, scale: { zero: more.fromZero ?? explore.metric(state.metric).is_additive, nice: true }, ...more.own };
  };
  explore.unitTitle = (unit) => (unit === "percent" ? "%" : unit);
  const axisText = (unit) => (unit.startsWith("US dollars") ? "'$' + " : "") + "(abs(datum.value) >= 10000 ? format(datum.value, '~s') : format(datum.value, ',.4~r'))" + (unit === "percent" ? " + '%'" : "");

  // Lines with gaps, and a point at each value, unless there are so many that they would hide the line and take long to draw.
  const lines = (marks, size, hasTips) => [
    { mark: { type: "line", strokeWidth: 2, invalid: "break-paths-filter-domains", tooltip: null } },
    ...(marks.length > MOST_POINTS ? [] : [{ mark: { type: "point", filled: true, size, opacity: 0.9, invalid: "filter", ...(hasTips ? {} : { tooltip: null }) } }]),
  ];

  // Lines over time show the values of the time nearest to the pointer: points would be hard to hit.
  explore.showsNearest = (state) => state.chart === "line" && state.by.some(explore.isTime);

  // Colours: those of the modes where the series are modes.
  const colour = (state, index, marks, theme) => {
    const name = state.by[index];
    if (name === undefined) return { value: single(state, theme) };
    const field = "ab"[index], domain = labels(name, marks, field);
    const range = explore.isMode(name)
      ? domain.map((label) => theme.mode[explore.known.modes.find((mode) => mode.label === label)?.name] || theme.other)
      : domain.map((_, position) => theme.series[position % theme.series.length]);
    return { field, type: "nominal", scale: { domain, range }, title: null, legend: { orient: "top", columns: theme.narrow ? 2 : 0, labelLimit: 160, symbolOpacity: 1, symbolSize: 120 } };
  };
  const shade = (field, theme, title) => ({
    field, type: "quantitative", scale: { range: theme.shades, zero: false }, title,
    legend: { orient: "top", gradientLength: Math.min(260, theme.width * 0.6), gradientThickness: 10, format: "~s" },
  });
  const single = (state, theme) => {
    const only = Object.entries(state.where).find(([name, values]) => explore.isMode(name) && values.length === 1);
    return (only && theme.mode[only[1][0]]) || theme.accent;
  };

  const DRAW = {
    line: (state, marks, theme) => {
      const time = explore.isTime(state.by[1]) ? 1 : 0, other = state.by.length > 1 ? 1 - time : 5;
      const color = colour(state, other, marks, theme);
      if (color.legend && marks.length > MOST_POINTS) Object.assign(color.legend, { symbolType: "stroke", symbolStrokeWidth: 3 });
      return {
        width: theme.full, height: theme.height,
        encoding: { x: axis(state, time, marks), y: quantity(state), color },
        layer: lines(marks, 30, !explore.showsNearest(state)),
      };
    },
    // A dimension of many numbers, such as the temperature.
    points: (state, marks, theme) => ({
      width: theme.full, height: theme.height,
      mark: { type: "point", filled: true, size: 34, opacity: 0.75, invalid: "filter" },
      encoding: {
        x: { field: "a", type: "quantitative", title: explore.dimensionLabel(state.by[0]), scale: { zero: false, nice: true }, axis: { grid: false } },
        y: quantity(state), color: explore.isNumeric(state.by[1] || "") ? shade("b", theme, explore.dimensionLabel(state.by[1])) : colour(state, 1, marks, theme),
      },
    }),
    bars: (state, marks, theme) => {
      const [first, second] = state.by;
      if (explore.isTime(first)) return upright(state, marks, theme);
      if (second && explore.isTime(second)) { // time is at the axis
        const swapped = marks.map((mark) => ({ ...mark, a: mark.b, b: mark.a }));
        return { data: { values: swapped }, ...upright({ ...state, by: [second, first] }, swapped, theme) };
      }
      const long = labels(first, marks, "a").length > 24 || explore.isZone(first) || labels(first, marks, "a").some((label) => label.length > 12);
      return long ? flat(state, marks, theme, second) : upright(state, marks, theme);
    },
    shares: (state, marks, theme) => {
      const time = explore.isTime(state.by[1]) ? 1 : 0;
      return {
        width: theme.full, height: theme.height,
        mark: { type: explore.isTime(state.by[time]) ? "area" : "bar", invalid: "filter" },
        encoding: {
          x: axis(state, time, marks), color: colour(state, 1 - time, marks, theme), order: { field: "ab"[1 - time] },
          y: { field: "value", type: "quantitative", stack: "normalize", title: "share", axis: { format: ".0%", tickCount: 5 } },
        },
      };
    },
    heat: (state, marks, theme) => {
      const time = explore.isTime(state.by[1]) ? 1 : state.by[1] === "time__hour_of_day" && !explore.isTime(state.by[0]) ? 1 : 0;
      const rows = labels(state.by[1 - time], marks, "ab"[1 - time]).length, isTime = explore.isTime(state.by[time]);
      if (isTime) for (const mark of marks) mark.end = explore.instantAfter(state.by[time], mark["ab"[time]]);
      return {
        width: theme.full, height: 90 + Math.max(120, Math.min(26, Math.max(15, 420 / rows)) * rows),
        mark: { type: "rect", invalid: "filter" },
        encoding: {
          x: axis(state, time, marks), ...(isTime ? { x2: { field: "end" } } : {}),
          y: axis(state, 1 - time, marks),
          color: shade("value", theme, null),
        },
      };
    },
    multiples: (state, marks, theme) => {
      if (explore.hasMaps(state)) return maps(state, marks, theme);
      const facet = explore.isMode(state.by[0]) || explore.isTime(state.by[1]) ? 0 : 1, x = 1 - facet;
      const names = labels(state.by[facet], marks, "ab"[facet]);
      const columns = theme.narrow ? 1 : Math.min(names.length, 3), width = Math.max(120, Math.floor(theme.full / columns) - 82);
      const isLine = explore.isTime(state.by[x]);
      return {
        facet: { field: "ab"[facet], type: "nominal", sort: names, title: null, header: header(theme) },
        columns,
        spec: {
          width, height: 150,
          layer: isLine ? lines(marks, 14, true) : [{ mark: { type: "bar", invalid: "filter" } }],
          encoding: {
            x: axis(state, x, marks, { title: null }), y: quantity(state, isLine ? {} : { fromZero: true }),
            color: { ...colour(state, facet, marks, theme), legend: null },
          },
        },
        resolve: { scale: { y: "independent" } },
      };
    },
    map: (state, marks, theme) => ({
      ...mapOf(state, marks, theme, Math.min(theme.full, 760)),
    }),
    intervals: (state, marks, theme) => {
      const mode = state.by.findIndex(explore.isMode), x = mode === 0 && state.by.length > 1 ? 1 : 0, names = mode < 0 ? [] : labels(state.by[mode], marks, "ab"[mode]);
      const isFaceted = mode >= 0 && mode !== x, columns = isFaceted && !theme.narrow ? Math.min(names.length, 3) : 1;
      const position = explore.isTime(state.by[x]) ? axis(state, x, marks, { scale: { ...LOCAL, padding: 12 }, axis: { grid: false, labelAngle: -35, labelOverlap: true, ...months(state.by[x], marks, "ab"[x]) } }) : axis(state, x, marks, { title: null, ...(isFaceted ? { angle: -35 } : {}) });
      const series = mode < 0 ? { value: theme.accent } : { ...colour(state, mode, marks, theme), legend: null };
      const spec = {
        width: isFaceted ? Math.floor(theme.width / columns) - (columns > 1 ? 18 : 30) : theme.full, height: isFaceted ? 230 : theme.height,
        layer: [
          { mark: { type: "rule", color: theme.quiet }, encoding: { y: { datum: 0 } } },
          { mark: { type: "rule", strokeWidth: 2.5, invalid: "filter" }, encoding: { x: position, y: { field: "low", type: "quantitative" }, y2: { field: "high" }, color: series,
            opacity: { condition: { test: "datum.clear", value: 1 }, value: 0.5 } } },
          { mark: { type: "point", filled: false, size: 70, strokeWidth: 2, opacity: 1, fill: theme.card, invalid: "filter" }, encoding: { x: position, y: quantity(state), stroke: series } },
          { mark: { type: "point", filled: true, size: 70, invalid: "filter" }, encoding: { x: position, y: quantity(state), color: series, opacity: { condition: { test: "datum.clear", value: 1 }, value: 0 } } },
        ],
      };
      return isFaceted ? { facet: { field: "ab"[mode], type: "nominal", sort: names, title: null, header: header(theme) }, columns, spec } : spec;
    },
  };
  const header = (theme) => ({ labelFontSize: 13, labelFontWeight: "bold", labelColor: theme.ink, labelAnchor: "start" });

  // As wide as a bar is. A week of Vega begins on a Sunday and has one Monday, whose date is its label.
  const UNITS = { hour: "utcyearmonthdatehours", day: "utcyearmonthdate", week: "utcyearweek", month: "utcyearmonth", quarter: "utcyearquarter", year: "utcyear" };
  const upright = (state, marks, theme) => {
    const time = explore.isTime(state.by[0]), second = state.by[1], stacked = explore.metric(state.metric).is_additive;
    const unit = time ? { timeUnit: UNITS[state.by[0].replace("metric_time__", "")] } : {};
    if (unit.timeUnit === UNITS.week) unit.axis = { grid: false, labelFlush: true, labelOverlap: true, values: few(marks, "a", DAY), labelExpr: `utcFormat(datum.value + ${DAY}, '%b %-d')` };
    return {
      width: theme.full, height: theme.height,
      mark: { type: "bar", invalid: "filter" },
      encoding: {
        x: axis(state, 0, marks, unit), y: quantity(state, { fromZero: true, own: stacked ? {} : { stack: null } }),
        color: second ? colour(state, 1, marks, theme) : colour(state, explore.isMode(state.by[0]) ? 0 : 5, marks, theme),
        ...(second && !stacked ? { xOffset: { field: "b", sort: labels(second, marks, "b") } } : {}),
        ...(!second && explore.isMode(state.by[0]) ? { color: { ...colour(state, 0, marks, theme), legend: null } } : {}),
      },
    };
  };
  const flat = (state, marks, theme, second) => {
    const stacked = explore.metric(state.metric).is_additive, isOrdered = !/location|station|holiday|description/.test(state.by[0]);
    const sort = isOrdered ? labels(state.by[0], marks, "a") : { field: "value", op: stacked ? "sum" : "max", order: "descending" };
    return {
      width: theme.full, height: Math.max(120, 60 + (second && !stacked ? 12 * labels(second, marks, "b").length + 8 : 21) * labels(state.by[0], marks, "a").length),
      mark: { type: "bar", invalid: "filter", cursor: "pointer" },
      encoding: {
        y: { field: "a", type: "nominal", sort, title: null, axis: { labelLimit: theme.narrow ? 110 : 220, labelOverlap: false } },
        x: quantity(state, { fromZero: true, own: stacked ? {} : { stack: null } }),
        color: second ? colour(state, 1, marks, theme) : { ...colour(state, explore.isMode(state.by[0]) ? 0 : 5, marks, theme), legend: null },
        ...(second && !stacked ? { yOffset: { field: "b", sort: labels(second, marks, "b") } } : {}),
      },
    };
  };

  // A map of the taxi zones. Shades are on a logarithmic scale for amounts: zones differ by powers of ten.
  const mapOf = (state, marks, theme, width) => {
    const additive = explore.metric(state.metric).is_additive;
    const zone = state.by.findIndex(explore.isZone), name = state.by[zone];
    const values = new Map(marks.map((mark) => [explore.textOf(mark.row[name]), mark]));
    const features = explore.features().map((feature) => {
      const found = values.get(explore.zoneKey(feature.properties));
      return { type: "Feature", geometry: feature.geometry, properties: feature.properties, value: found?.value ?? null, row: found?.row };
    });
    const known = features.filter((feature) => feature.value !== null && (!additive || feature.value > 0)).map((feature) => feature.value);
    const test = additive ? "!(datum.value > 0)" : "datum.value === null";
    return {
      width, height: Math.round(width * 0.95), projection: { type: "identity", reflectY: true },
      data: { values: features },
      mark: { type: "geoshape", stroke: theme.line, strokeWidth: 0.5, cursor: "pointer", invalid: null }, // zones without a value are drawn, in grey
      encoding: {
        color: {
          condition: { test, value: theme.shade }, field: "value", type: "quantitative", title: explore.unitTitle(explore.metric(state.metric).unit),
          scale: { type: additive ? "log" : "linear", range: theme.shades, domain: known.length ? [Math.min(...known), Math.max(...known)] : [1, 10], ...(additive ? {} : { zero: false }) },
          legend: known.length ? { orient: "top", gradientLength: Math.min(220, width * 0.7), gradientThickness: 10, format: "~s", tickCount: 3 } : null,
        },
      },
    };
  };
  const maps = (state, marks, theme) => {
    const zone = state.by.findIndex(explore.isZone), other = 1 - zone, names = labels(state.by[other], marks, "ab"[other]);
    const width = Math.min(420, theme.narrow ? theme.full : Math.floor(theme.width / Math.min(3, names.length)) - 20);
    return {
      columns: theme.narrow ? 1 : 3,
      concat: names.map((name) => ({ title: { text: name, anchor: "start", fontSize: 13 }, ...mapOf(state, marks.filter((mark) => mark["ab"[other]] === name), theme, width) })),
      resolve: { scale: { color: "independent" } },
    };
  };
  // Small multiples of zones are maps, and with time they are lines.
  explore.hasMaps = (state) => state.chart === "map" || (state.chart === "multiples" && state.by.some(explore.isZone) && !state.by.some(explore.isTime));
  explore.features = () => explore.zones()?.features || [];
  explore.zoneKey = (properties) => explore.textOf(properties.key);

  // The specification of the chart of a state.
  explore.specification = (state, rows, theme) => {
    const marks = withoutEmpty(state, marksOf(state, rows));
    const spec = DRAW[state.chart](state, marks, theme);
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v5.json",
      ...(explore.hasMaps(state) ? {} : { data: { values: marks } }),
      ...spec,
      ...(spec.facet || spec.concat ? {} : { autosize: { type: "fit", contains: "padding" } }),
      padding: { left: 2, top: 4, right: 12, bottom: 4 },
      config: { ...theme.config, mark: { tooltip: { content: "data" } }, aria: false }, // the page describes the chart as a whole
    };
  };
})();
