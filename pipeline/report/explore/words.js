// Names, numbers and sentences as the page shows them.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const NO_VALUE = "—";
  const MOST_LETTERS = 60;

  explore.metric = (name) => explore.known.metrics.find((metric) => metric.name === name);
  explore.dimension = (name) => explore.known.dimensions.find((dimension) => dimension.name === name);
  explore.dimensionLabel = (name) => explore.dimension(name)?.label || name;
  // Labels within a sentence begin in lower case.
  explore.dimensionInSentence = (name) => explore.dimensionLabel(name).replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());

  explore.isTime = (name) => /^metric_time__/.test(name);
  explore.isMode = (name) => /__trip_type$/.test(name);
  explore.isZone = (name) => /^(pickup|dropoff)_location$/.test(name); // by key: several zones share a name
  // Many numbers in an order, such as temperatures; years and days of the month are names of groups.
  explore.isNumeric = (name) => Boolean(explore.dimension(name)?.unit);
  explore.isEffect = (name) => /_effect_pct$/.test(name);

  // The text of a value, in addresses and as a key. A value that is null is the empty text.
  explore.textOf = (value) => (value === null || value === undefined ? "" : String(value));
  // The values of a dimension in their order.
  explore.valuesOf = (name) => explore.dimension(name)?.values || [];

  explore.valueLabel = (name, value) => {
    if (value === null || value === undefined || value === "") return name === "date__holiday_name" ? "no holiday" : /^start_station/.test(name) ? "at no station" : "unknown";
    if (explore.isMode(name)) return explore.known.modes.find((mode) => mode.name === value)?.label || String(value).replaceAll("_", " ");
    const own = explore.dimension(name)?.labels?.[value];
    if (own) return own;
    if (name === "metric_time__month") return explore.monthLabel(String(value));
    if (name === "metric_time__year") return String(value).slice(0, 4);
    if (name === "metric_time__week") return `week of ${explore.dayLabel(String(value))}`;
    if (name === "metric_time__quarter") return `Q${Math.ceil(Number(String(value).slice(5, 7)) / 3)} ${String(value).slice(0, 4)}`;
    if (name === "metric_time__hour") return `${explore.dayLabel(String(value))}, ${String(value).slice(11, 16)}`;
    if (name === "metric_time__day") return explore.dayLabel(String(value));
    if (name === "time__hour_of_day") return `${String(value).padStart(2, "0")}:00`;
    if (explore.isNumeric(name)) return explore.number(Number(value));
    if (name === "date__is_weekday") return String(value) === "true" ? "weekday" : "weekend";
    if (/^(true|false)$/.test(String(value))) return `${explore.dimensionLabel(name)}: ${String(value) === "true" ? "yes" : "no"}`;
    return String(value).replaceAll("_", " ");
  };
  explore.monthLabel = (month) => `${MONTHS[Number(month.slice(5, 7)) - 1].slice(0, 3)} ${month.slice(0, 4)}`;
  explore.dayLabel = (day) => {
    const date = new Date(explore.instant(day));
    return `${DAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()].slice(0, 3)} ${date.getUTCFullYear()}`;
  };
  // Milliseconds of an hour, day or month, as UTC: the page shows local time of New York and knows no other clock.
  explore.instant = (text) => {
    const [year, month, day = 1, hour = 0] = String(text).split(/[-T:]/).map(Number);
    return Date.UTC(year, month - 1, day, hour);
  };

  // Where the period ends that begins at an instant.
  explore.instantAfter = (name, instant) => {
    const date = new Date(instant);
    if (name === "metric_time__month") return date.setUTCMonth(date.getUTCMonth() + 1);
    if (name === "metric_time__quarter") return date.setUTCMonth(date.getUTCMonth() + 3);
    if (name === "metric_time__year") return date.setUTCFullYear(date.getUTCFullYear() + 1);
    return instant + 3_600_000 * (name === "metric_time__week" ? 7 * 24 : name === "metric_time__hour" ? 1 : 24);
  };

  // 1,234 trips; 12.3%; $1,234.50; a value that is null is a dash.
  explore.number = (value, unit = "") => {
    if (value === null || value === undefined || Number.isNaN(value)) return NO_VALUE;
    const size = Math.abs(value), money = unit.startsWith("US dollars");
    const digits = unit === "percent" ? 1 : Number.isInteger(value) && !money ? 0 : size >= 1000 ? 0 : size >= 100 && !money ? 1 : 2;
    const [whole, fraction = ""] = (size * (1 + 2 ** -50)).toFixed(digits).split("."), cents = money && size < 1000 ? fraction : fraction.replace(/0+$/, "");
    const text = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (cents && `.${cents}`); // toLocaleString takes 60 ms when it is first called; toFixed alone rounds 1.005 down
    const sign = value < 0 && /[1-9]/.test(text) ? "−" : "";
    return `${sign}${money ? "$" : ""}${text}${unit === "percent" ? "%" : ""}`;
  };
  explore.amount = (value, unit) => {
    const text = explore.number(value, unit);
    const rest = unit.replace(/^US dollars ?|^percent$/, "");
    return text === NO_VALUE || !rest ? text : `${text} ${/^−?1$/.test(text) ? rest.replace(/^(\w+)s\b/, "$1") : rest}`; // 1 trip per hour
  };

  explore.joined = (words, last = "and") => [words.slice(0, -1).join(", "), ...words.slice(-1)].filter(Boolean).join(` ${last} `);
  // An address may have a text of any length.
  explore.shortened = (text) => (text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS - 1)}…` : text);
  // "Trips per hour", in trips per hour: the unit is said once.
  explore.labelWithUnit = ({ label, unit }) => (label.toLowerCase() === unit ? label : `${label} (${unit})`);
  explore.counted = (count, noun) => `${explore.number(count)} ${noun}${count === 1 ? "" : "s"}`;

  // "Trips by day and mode, only Citi Bike, Jan 2024 to Mar 2024"
  explore.title = (state) => {
    const { chosen } = explore.monthsOf(state);
    const by = explore.joined(state.by.map(explore.dimensionInSentence));
    const only = Object.entries(state.where).map(([name, values]) => values.length > 4
      ? `${explore.question(state).where[name].length} of ${explore.valuesOf(name).length} values of ${explore.dimensionInSentence(name)}`
      : explore.joined(values.map((value) => filterLabel(name, value)), "or"));
    const span = explore.isOfAll(state) ? "all published months" : chosen.length > 1 ? `${explore.monthLabel(chosen[0])} to ${explore.monthLabel(chosen.at(-1))}` : chosen.map(explore.monthLabel).join("");
    return [explore.metric(state.metric).label + (by && ` by ${by}`), ...only.map((text) => `only ${text}`), span].filter(Boolean).join(", ");
  };
  const filterLabel = (name, value) => {
    const label = explore.shortened(explore.valueLabel(name, value));
    return explore.isMode(name) || explore.isZone(name) || explore.isTime(name) || label.includes(": ") ? label : `${explore.dimensionInSentence(name)}: ${label}`;
  };

  // How to read the chart, where it does not say so itself.
  explore.hint = (state) => {
    if (explore.isEffect(state.metric)) return "A line is the 95% confidence interval. A hollow dot is an effect that is inconclusive, because the interval includes 0 or because so many effects are tested.";
    const zone = state.by.find(explore.isZone);
    return zone && explore.seriesOf(state, zone, explore.valuesOf(zone)[0]) ? `Grey zones have ${explore.metric(state.metric).is_additive ? "0 or no value" : "no value"}. Click a zone, or its name in the table, to see its days.` : "";
  };

  // The greatest and the least value, in a sentence.
  explore.summary = (state, rows) => {
    const { unit } = explore.metric(state.metric);
    const known = rows.filter((row) => row.value !== null && row.value !== undefined);
    if (!known.length) return "";
    if (!state.by.length) return ""; // the chart is this one figure
    const say = (row) => `${state.by.map((name) => explore.valueLabel(name, row[name])).join(", ")} (${explore.amount(row.value, unit)})`;
    const most = known.reduce((one, other) => (other.value > one.value ? other : one));
    const least = known.reduce((one, other) => (other.value < one.value ? other : one));
    return most === least ? `${say(most)}.` : `Highest: ${say(most)}. Lowest: ${say(least)}.`;
  };
})();
