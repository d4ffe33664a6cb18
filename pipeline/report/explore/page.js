// The page: address -> state -> months loaded -> answer -> chart, words and table.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const { byId, element } = explore;
  explore.view = { state: null, rows: [], shown: [], missing: [] };
  const MOST_ELEMENTS = 800; // more are painted on a canvas
  const noVega = () => `The chart cannot be drawn: explore/vega.js is missing or damaged; ${explore.known.program} verify --repair writes it again. The table has the values.`;
  // Vega is read while the data are loaded; undefined where it cannot be.
  const vega = new Promise((resolve) => {
    const done = () => resolve(globalThis.vegaEmbed);
    document.head.append(element("script", { src: `${explore.folder}vega.js`, onload: done, onerror: done }));
  });
  let turn = 0, drawn = null;

  explore.go = (change) => { location.hash = explore.encode({ ...explore.view.state, ...change }); };

  const start = async () => {
    explore.known = explore.readCatalogue();
    if (!explore.known.months.length) { byId("empty").hidden = false; return; }
    byId("explorer").hidden = false;
    showOrigin();
    explore.setUpControls();
    setUpDownloads();
    addEventListener("hashchange", show);
    setUpRedrawing();
    if (location.hash.length < 2) {
      const remembered = explore.remembered();
      byId("examples").open = !remembered && innerWidth > 700;
      history.replaceState(null, "", remembered || "#metric=total_trips&by=metric_time__day,trip__trip_type");
    }
    await show();
  };

  const show = async () => {
    const own = ++turn;
    const { state, notes } = explore.corrected(explore.decode(location.hash));
    explore.view.state = state;
    explore.showControls(state);
    const { chosen } = explore.monthsOf(state);
    const slow = setTimeout(() => { say(`Loading ${explore.counted(chosen.length, "month")} …`); }, 150);
    await load(chosen, state);
    clearTimeout(slow);
    if (own !== turn) return; // a newer question was asked meanwhile
    if (state.by.some(explore.isZone) && !explore.features().length && /^(map|multiples)$/.test(state.chart)) {
      state.chart = "bars";
      notes.push("There is no map: the shapes of the taxi zones are missing.");
    }
    const { rows, missing } = answered(state);
    const { rows: shown, note, isOfNewest } = explore.fitting(state, rows), notOnMap = explore.notOnMap(state, rows);
    Object.assign(explore.view, { rows, shown, missing: [...notes, ...missing, ...[note, notOnMap].filter(Boolean)] });
    showWords(state, rows, isOfNewest ? shown : rows);
    explore.showTable(state, rows);
    await draw(own);
    if (own !== turn) return;
    explore.remember(explore.encode(state));
    explore.view.shownFor = location.hash; // tells tests, and whoever waits, that the chart is drawn
  };

  // Tells screen readers what happened; what everyone sees anyway is not shown.
  const say = (text, isHidden = false) => { byId("status").textContent = text; byId("status").classList.toggle("vh", isHidden); };

  // Files that another version wrote may lack what this page reads.
  const answered = (state) => {
    try { return explore.answer(state); } catch (error) {
      console.error(error);
      return { rows: [], missing: [`This cannot be answered from the files as they are; ${explore.known.program} month writes those of a month again.`] };
    }
  };

  const load = async (months, state) => {
    await explore.load(months, explore.isEffect(state.metric) ? "estimates" : explore.question(state));
    if (state.by.some(explore.isZone)) await zones();
  };
  // The shapes of the zones, loaded once. Where they are missing, the map says so.
  let shapes = null;
  const zones = () => shapes ||= new Promise((resolve) => {
    document.head.append(element("script", { src: `${explore.folder}zones.js`, onload: resolve, onerror: resolve }));
  });

  const showWords = (state, rows, drawn) => {
    const metric = explore.metric(state.metric), { missing } = explore.view;
    byId("chart-title").textContent = explore.title(state);
    byId("definition").textContent = `${metric.description} Unit: ${metric.unit}.`;
    byId("hint").textContent = explore.hint(state);
    byId("formula").textContent = metric.formula ? `Computed as ${metric.formula}.` : "";
    byId("summary").textContent = explore.summary(state, drawn);
    byId("missing").hidden = !missing.length;
    explore.fill(byId("missing-list"), ...missing.map((sentence) => element("li", {}, sentence)));
    say(`${explore.title(state)}: ${explore.counted(rows.length, "value")}.`, true);
    showSources(state);
    byId("link").href = explore.encode(state);
    document.title = `${explore.title(state)} – Explore`;
    byId("command").textContent = explore.command(state);
  };

  const draw = async (own) => {
    const { state, shown } = explore.view, host = byId("chart");
    const known = shown.filter((row) => row.value !== null && row.value !== undefined);
    drawn?.finalize();
    drawn = null;
    host.removeAttribute("role");
    if (!known.length) return explore.fill(host, element("p", { class: "lead" }, explore.view.missing[0] || "No values to show."));
    if (state.chart === "figure") return explore.fill(host, element("p", { class: "figure" }, explore.amount(known[0].value, explore.metric(state.metric).unit)));
    if (!await vega) return explore.fill(host, element("p", { class: "lead" }, noVega()));
    const frame = element("div", { "aria-hidden": "true" }); // the host describes the chart as a whole
    explore.fill(host, frame);
    const renderer = known.length > MOST_ELEMENTS || explore.hasMaps(state) ? "canvas" : "svg"; // shapes have many points
    const drawAt = (width) => embed(frame, explore.specification(state, shown, explore.theme(width)), renderer);
    let result = await drawAt(host.clientWidth);
    const over = frame.scrollWidth - host.clientWidth; // small multiples are as wide as their axes need
    if (over > 0) { result.finalize(); result = await drawAt(host.clientWidth - over - 8); }
    if (own !== turn) { result.finalize(); return undefined; }
    drawn = result;
    frame.querySelector("svg, canvas")?.setAttribute("aria-hidden", "true");
    host.setAttribute("role", "img");
    host.setAttribute("aria-label", `${explore.title(state)}. ${byId("summary").textContent} The table below has the values.`);
    explore.view.isNearest = explore.showsNearest(state);
    if (explore.view.isNearest) {
      frame.addEventListener("pointermove", (event) => explore.showNearest(result.view, event));
      frame.addEventListener("pointerleave", () => { byId("tip").hidden = true; });
    }
    result.view.addEventListener("click", (event, item) => followMark(state, item?.datum));
    return undefined;
  };

  // The server forbids to evaluate text as code, so that Vega interprets its expressions; five times slower, for 20,000 marks 0.8 s.
  const ast = location.protocol !== "file:";
  const embed = async (host, spec, renderer) => (await vega)(host, spec, {
    actions: false, renderer, mode: "vega-lite", ast, defaultStyle: false, tooltip: explore.tooltip,
  });

  // A click on the mark of a zone, or else of the first dimension, leads to its series.
  const followMark = (state, datum) => {
    const name = state.by.find(explore.isZone) || state.by[0];
    const next = datum?.row && explore.seriesOf(state, name, datum.row[name]);
    if (next) { byId("tip").hidden = true; location.hash = explore.encode(next); }
  };

  const setUpDownloads = () => {
    const name = () => `${explore.view.state.metric}${explore.view.state.by.map((one) => `-by-${one}`).join("")}`;
    byId("csv").addEventListener("click", () => explore.save(`${name()}.csv`, explore.csv(explore.view.state, explore.view.rows), "text/csv"));
    byId("png").addEventListener("click", async () => explore.save(`${name()}.png`, await explore.picture("png")));
    byId("svg").addEventListener("click", async () => explore.save(`${name()}.svg`, await explore.picture("svg"), "image/svg+xml"));
    byId("link").addEventListener("click", async (event) => {
      event.preventDefault();
      try { await navigator.clipboard.writeText(location.href); say("The link is copied."); } catch { say("The address of this page is the link."); }
    });
  };

  // The chart as a file, with its title, definition, gaps and source: it must stand alone.
  explore.picture = async (format) => {
    const { state, shown, missing } = explore.view, metric = explore.metric(state.metric);
    const theme = explore.theme(960, !explore.isDark()), host = element("div");
    const hasValues = shown.some((row) => row.value !== null && row.value !== undefined); // axes need them
    const spec = state.chart === "figure" || !hasValues
      ? { data: { values: [{ text: hasValues ? explore.amount(shown[0].value, metric.unit) : "No values to show." }] }, width: 600, height: 120, mark: { type: "text", fontSize: 48, color: theme.ink }, encoding: { text: { field: "text" } }, config: theme.config }
      : explore.specification(state, shown, theme);
    const lines = [`${metric.description} Unit: ${metric.unit}.`, explore.isEffect(metric.name) ? explore.hint(state) : "", ...missing, explore.sourceLine()].filter(Boolean).flatMap((line) => wrapped(line, 130));
    spec.title = { text: wrapped(explore.title(state), 90), subtitle: lines };
    spec.padding = 16;
    const { view, finalize } = await embed(host, spec, "svg");
    const made = format === "svg" ? await view.toSVG() : (await view.toCanvas(2)).toDataURL("image/png");
    finalize();
    return made;
  };
  const wrapped = (text, width) => text.split(" ").reduce((lines, word) => {
    if (`${lines.at(-1)} ${word}`.length > width) lines.push(word); else lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trim();
    return lines;
  }, [""]);

  explore.sourceLine = () => {
    const { publishers, note } = explore.originOf(explore.monthsOf(explore.view.state).chosen);
    return [note, ...publishers.map((one) => `${one.attribution} ${one.title}, ${one.licence}.`)].filter(Boolean).join(" ");
  };

  // The banner is that of all months, as on the index; the sources are those of the months that are shown.
  const showOrigin = () => {
    const { note } = explore.originOf(explore.known.months);
    if (note) document.body.prepend(element("aside", { class: "generated", "aria-label": "Origin of the data" }, element("p", {}, element("b", {}, "Generated data."), ` ${note}`)));
  };
  const showSources = (state) => {
    const { publishers, note } = explore.originOf(explore.monthsOf(state).chosen);
    const parts = publishers.flatMap((one, index) => [index ? " " : "", `${one.attribution} `, element("a", { href: one.link }, one.title), ", ", element("a", { href: one.licence_link }, one.licence), "."]);
    explore.fill(byId("source"), ...(note ? [`${note} `] : []), ...parts);
  };

  const setUpRedrawing = () => {
    let width = innerWidth, waiting = 0;
    const again = () => { if (explore.view.state) { explore.showControls(explore.view.state); draw(turn); } };
    addEventListener("resize", () => { if (innerWidth === width) return; width = innerWidth; clearTimeout(waiting); waiting = setTimeout(again, 150); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    // Paper is white, also where the screen is dark.
    for (const moment of ["beforeprint", "afterprint"]) addEventListener(moment, () => { if (matchMedia("(prefers-color-scheme: dark)").matches) again(); });
  };

  // The same question for MetricFlow, on the command line; where MetricFlow has no answer, the file that has it.
  explore.command = (state) => {
    const { chosen } = explore.monthsOf(state), isDose = [...state.by, ...Object.keys(state.where)].includes("dose");
    if (explore.isEffect(state.metric) && explore.isOfAll(state)) return "published/metrics/weather_effects_pooled.csv";
    if (explore.isEffect(state.metric) && isDose) return `published/metrics/month=${chosen.at(-1)}/weather_effects_by_dose.csv`;
    const where = Object.entries(state.where).map(([name, values]) => `{{ Dimension('${name}') }} in (${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(", ")})`).join(" and ");
    const span = chosen.length === 1 ? ` --month ${chosen[0]}` : chosen.length ? ` --start-time ${chosen[0]}-01 --end-time ${lastDay(chosen.at(-1))}` : "";
    return `${explore.known.program} metrics query --metrics ${state.metric}${state.by.length ? ` --group-by ${state.by.join(",")}` : ""}${span}${where ? ` --where "${where}"` : ""}`;
  };
  const lastDay = (month) => { const [year, number] = month.split("-").map(Number); return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10); };

  document.addEventListener("DOMContentLoaded", start);
})();
