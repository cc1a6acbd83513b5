/* Charts in the page's own colours. ECharts is large, so it comes only when a chart is in view. */

import { meta, root } from "./page.js";

const drawn = new Map();
let library = null;

const echarts = () => (library ??= import(new URL(meta("nostro-charts"), location.href).href));

/* Canvas wants plain colours, the tokens may be relative ones: one pixel settles it. */
const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function token(name, at = root) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  at.append(probe);
  pixel.fillStyle = getComputedStyle(probe).color;
  probe.remove();
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}

const COLOURS = {
  d1: "--n-d1", d2: "--n-d2", d3: "--n-d3", in: "--n-d1", out: "--n-d2", long: "--n-long",
  short: "--n-short", brand: "--p-ink-brand", second: "--p-mid", third: "--p-low",
};
const ORDER = ["d1", "d2", "d3"];
const DASH = [3, 3];

const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const compact = (value) => short.format(value).replace("K", "k");
/** Where an axis does not begin at zero, a thousandth may be all that its steps differ by. */
const fine = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 8 });

function frame() {
  const [line, soft, quiet] = ["--n-line", "--n-line-soft", "--n-ink-3"].map((name) => token(name));
  const label = { color: quiet, fontSize: 11, fontFamily: "Inter Variable" };
  return {
    line,
    axis: {
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: soft } },
      axisLabel: label,
    },
    text: { ...label, color: token("--n-ink") },
    tooltip: {
      renderMode: "richText", // HTML tooltips carry style attributes, which the CSP refuses
      backgroundColor: token("--n-raised"),
      borderColor: line,
      textStyle: { ...label, color: token("--n-ink"), fontSize: 12 },
    },
  };
}

function rectangular(chart, look) {
  const stack = chart.stacked ? "all" : undefined;
  const series = chart.series.map((one, index) => {
    const colour = token(COLOURS[one.colour ?? ORDER[index % ORDER.length]]);
    const isBar = chart.kind === "bar";
    const known = (at) => (one.values[at] ?? null) !== null;
    const lone = (at) => !known(at - 1) && !known(at + 1);
    const dot = (value, at) =>
      isBar || !lone(at) ? value : { value, symbol: "circle", symbolSize: 5 };
    const dots = !isBar && one.values.some((value, at) => value !== null && lone(at));
    return {
      name: one.name,
      type: isBar ? "bar" : "line",
      stack,
      data: one.values.map((value, at) => (value === null ? null : dot(Number(value), at))),
      // A line between two points shows both; a point alone has to be drawn.
      showSymbol: dots,
      symbol: dots ? "none" : undefined,
      barGap: "15%",
      barCategoryGap: "38%",
      barMaxWidth: 40,
      itemStyle: { color: colour, borderRadius: stack ? 0 : [2, 2, 0, 0] },
      lineStyle: { color: colour, width: one.dashed ? 1 : 2, type: one.dashed ? DASH : "solid" },
      areaStyle: chart.kind === "area" ? { color: colour, opacity: 0.12 } : undefined,
    };
  });
  const y = { ...look.axis, axisLine: { show: false } };
  y.axisLabel = { ...look.axis.axisLabel, formatter: compact };
  const unit = chart.unit.length === 1 ? ` ${chart.unit}` : ""; // "4 h"; longer ones stand above
  if (chart.kind === "line") y.axisLabel.formatter = (value) => fine.format(value) + unit;
  return {
    grid: {
      left: 0,
      right: 14, // half of a last label
      top: 8,
      bottom: 0,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    tooltip: { ...look.tooltip, trigger: "axis", valueFormatter: (value) => exact.format(value) },
    xAxis: {
      type: "category",
      boundaryGap: chart.kind === "bar",
      data: chart.labels,
      ...look.axis,
    },
    // A line shows how a figure moved; a filled area or a bar is measured from zero.
    yAxis: { type: "value", splitNumber: 3, scale: chart.kind === "line", ...y },
    series,
  };
}

function sankey(chart, look) {
  const names = new Set(chart.links.flatMap((link) => [link.source, link.target]));
  const colours = ORDER.map((name) => token(COLOURS[name]));
  return {
    tooltip: { ...look.tooltip, trigger: "item" },
    series: [
      {
        type: "sankey",
        left: 0,
        right: 110,
        top: 4,
        bottom: 4,
        nodeWidth: 10,
        draggable: false,
        label: look.text,
        lineStyle: { color: "source", opacity: 0.25 },
        emphasis: { focus: "adjacency" },
        data: [...names].map((name, index) => ({
          name,
          itemStyle: { color: colours[index % colours.length], borderWidth: 0 },
        })),
        links: chart.links.map((link) => ({ ...link, value: Number(link.value) })),
      },
    ],
  };
}

const KINDS = { line: rectangular, area: rectangular, bar: rectangular, sankey };

function draw(element) {
  const chart = JSON.parse(element.dataset.chart);
  drawn.get(element)?.setOption({ animation: false, ...KINDS[chart.kind](chart, frame()) }, true);
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) drawn.get(target)?.resize();
});
const views = new IntersectionObserver(
  async (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting || drawn.has(target)) continue;
      views.unobserve(target);
      const { init } = await echarts();
      if (!target.isConnected) continue;
      drawn.set(target, init(target, null, { renderer: "canvas" }));
      draw(target);
      sizes.observe(target);
      target.dataset.drawn = "";
    }
  },
  { rootMargin: "200px" },
);

/** Takes charge of every chart in the page that it does not know yet, and lets go of gone ones. */
export function adopt() {
  for (const [element, chart] of drawn) {
    if (element.isConnected) continue;
    chart.dispose();
    sizes.unobserve(element);
    drawn.delete(element);
  }
  for (const element of document.querySelectorAll("[data-chart]")) {
    if (!drawn.has(element)) views.observe(element);
  }
}

document.addEventListener("nostro:theme", () => [...drawn.keys()].forEach(draw));
document.addEventListener("htmx:afterSettle", adopt);
adopt();
