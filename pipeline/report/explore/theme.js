// Colours and fonts of the page, for Vega-Lite; light or dark, as the browser prefers.
(() => {
  const explore = globalThis.explore = globalThis.explore || {};
  const NARROW = 560;
  // Okabe and Ito's palette, distinguishable for colour-blind readers.
  const LIGHT = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a6d3b", "#6f4fa0", "#5b626b", "#b8a800"];
  const DARK = ["#56b4e9", "#ffb000", "#2fc79a", "#e59cc4", "#ff8a3d", "#9fd4f5", "#c9a96a", "#b39ae0", "#a4abb3", "#e6d94f"];

  explore.isDark = () => matchMedia("(prefers-color-scheme: dark)").matches && !matchMedia("print").matches;

  explore.theme = (width, light = !explore.isDark()) => {
    const style = getComputedStyle(document.documentElement), value = (name) => style.getPropertyValue(name).trim();
    const [ink, quiet, line, card, ground, accent, shade, other] = ["--ink", "--quiet", "--line", "--card", "--ground", "--link", "--shade", "--other"].map(value);
    const font = getComputedStyle(document.body).fontFamily;
    return {
      full: width - 4, width: Math.max(200, width - 75), height: width < NARROW ? 300 : 400, narrow: width < NARROW,
      ink, quiet, line, card, ground, accent, shade, other,
      shades: [1, 2, 3, 4, 5, 6].map((number) => value(`--s${number}`)),
      series: light ? LIGHT : DARK,
      mode: Object.fromEntries(explore.known.modes.map((mode) => [mode.name, (light ? mode.colour : mode.colour_dark) || mode.colour || other])),
      config: {
        background: card, font, view: { stroke: null },
        axis: { labelColor: quiet, titleColor: quiet, titleFontWeight: "normal", gridColor: line, domainColor: line, tickColor: line, labelFontSize: 12, titleFontSize: 12 },
        legend: { labelColor: ink, titleColor: quiet, titleFontWeight: "normal", labelFontSize: 13, symbolType: "square" },
        title: { color: ink, subtitleColor: quiet, anchor: "start", fontSize: 17, subtitleFontSize: 12, subtitlePadding: 6, offset: 14 },
        header: { labelColor: ink },
      },
    };
  };
})();
