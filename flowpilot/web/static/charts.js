// Charts: a page has them as JSON, and they are drawn on a canvas. The first page with a chart loads the library.

let library = null;
const drawn = new Map();

function load(src) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = () => resolve(window.echarts);
    script.onerror = () => { library = null; reject(new Error("the chart library did not load")); };
    document.head.append(script);
  });
  return library;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--chart-${name}`).trim();

function stretch(seconds) {
  if (seconds >= 86400) return `${+(seconds / 86400).toFixed(1)} d`;
  if (seconds >= 3600) return `${+(seconds / 3600).toFixed(1)} h`;
  return seconds >= 60 ? `${+(seconds / 60).toFixed(1)} min` : `${+seconds.toFixed(0)} s`;
}

const UNITS = {
  seconds: stretch,
  minutes: (value) => stretch(60 * value),
  percent: (value) => `${+value.toFixed(1)} %`,
  hours: (value) => `${+value.toFixed(2)} h`,
};
const shown = (unit) => (value) => (value == null ? "–" : (UNITS[unit] ?? String)(value));

function axis(more) {
  return {
    axisLabel: { color: colour("text"), hideOverlap: true, ...more.axisLabel },
    axisLine: { lineStyle: { color: colour("line") } },
    splitLine: { lineStyle: { color: colour("line") } },
    ...Object.fromEntries(Object.entries(more).filter(([name]) => name !== "axisLabel")),
  };
}

// Axis steps are round in the unit that is shown: whole minutes, hours or days.
function scale(unit, highest) {
  const base = { seconds: 1, minutes: 60 }[unit];
  if (!base || !(highest > 0)) return {};
  const size = [86400, 3600, 60].find((one) => highest * base >= 2 * one) ?? 1;
  const raw = (highest * base) / size / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((one) => one * power >= raw) * power * size) / base;
  return { interval: step, max: Math.ceil(highest / step) * step };
}

function bars(spec) {
  const names = axis({ type: "category", data: spec.categories, inverse: spec.horizontal, splitLine: { show: false },
    axisLabel: spec.horizontal ? { width: 120, overflow: "truncate" } : spec.tilted ? { interval: 0, rotate: 40 } : {} });
  const highest = Math.max(...spec.series.flatMap((one) => one.values));
  const values = axis({ type: "value", ...scale(spec.unit, highest), axisLabel: { formatter: shown(spec.unit) }, minInterval: UNITS[spec.unit] ? 0 : 1 });
  return {
    xAxis: spec.horizontal ? values : names,
    yAxis: spec.horizontal ? names : values,
    legend: spec.series.length > 1 ? { textStyle: { color: colour("text") }, bottom: 0 } : undefined,
    series: spec.series.map((one, place) => ({
      type: "bar", name: one.name, data: one.values, stack: spec.stacked ? "all" : undefined, barMaxWidth: 36,
      itemStyle: { color: colour(place + 1) }, tooltip: { valueFormatter: shown(spec.unit) },
    })),
  };
}

// A band is one polygon for each run of points with an interval; for a single point, a line.
function band(spec) {
  const runs = [[]];
  for (const point of spec.band) {
    if (point) runs.at(-1).push(point);
    else if (runs.at(-1).length) runs.push([]);
  }
  const filled = runs.filter((run) => run.length);
  return {
    type: "custom", silent: true, clip: true, z: 1, tooltip: { show: false },
    data: filled.map((run) => [run[0][0], run[0][1]]),
    renderItem(params, api) {
      const run = filled[params.dataIndex];
      const edge = (at) => run.flatMap((point, place) => {
        const here = api.coord([point[0], point[at]]);
        // A step keeps its height until the next one.
        return spec.step && place + 1 < run.length ? [here, [api.coord([run[place + 1][0], 0])[0], here[1]]] : [here];
      });
      const points = [...edge(1), ...edge(2).reverse()];
      if (run.length > 1) return { type: "polygon", shape: { points }, style: { fill: colour("band") } };
      return { type: "polyline", shape: { points }, style: { stroke: colour("band"), lineWidth: 6, fill: "none" } };
    },
  };
}

function line(spec) {
  const open = new Set(spec.open ?? []);
  const highest = spec.top ?? Math.max(...spec.points.map((point) => point[1]), ...spec.band.map((point) => point?.[2] ?? 0));
  const heights = scale(spec.unit, highest);
  const above = spec.top ? spec.points.filter((point) => point[1] > heights.max) : [];
  const more = spec.more ?? [];
  const last = spec.points.concat(...more.map((one) => one.points)).reduce((far, point) => (point[0] > far ? point[0] : far), 0);
  // The library's own empty circle is white inside, in the dark, too.
  const hollow = { color: colour("surface"), borderColor: colour(1), borderWidth: 2 };
  return {
    legend: more.length ? { textStyle: { color: colour("text") }, bottom: 0 } : undefined,
    xAxis: axis({ type: spec.x === "time" ? "time" : "value", splitLine: { show: false },
      ...scale(spec.x, last), axisLabel: spec.x === "time" ? {} : { formatter: shown(spec.x) },
      axisPointer: spec.x === "time" ? {} : { label: { formatter: ({ value }) => shown(spec.x)(value) } } }),
    yAxis: axis({ type: "value", min: 0, max: spec.unit === "percent" ? 100 : undefined, minInterval: UNITS[spec.unit] ? 0 : 1,
      ...heights, axisLabel: { formatter: shown(spec.unit) } }),
    series: [band(spec), {
      type: "line", name: spec.name, z: 2, step: spec.step ? "end" : false, showSymbol: !spec.step, symbol: "circle", symbolSize: 6,
      lineStyle: { color: colour(1), width: 2 }, itemStyle: { color: colour(1) }, tooltip: { valueFormatter: shown(spec.unit) },
      data: spec.points.map((value) => (open.has(value[0]) ? { value, symbolSize: 9, itemStyle: hollow } : { value })),
    }, {
      // What is higher than the chart is marked at its edge; its line leaves the chart there.
      type: "scatter", silent: true, z: 3, symbol: "triangle", symbolSize: 10, symbolOffset: [0, 6], clip: false,
      itemStyle: { color: colour(1) }, tooltip: { show: false }, data: above.map((point) => [point[0], heights.max]),
    }, ...more.map((one, place) => ({
      type: "line", name: one.name, data: one.points, z: 2, step: spec.step ? "end" : false, showSymbol: false,
      lineStyle: { color: colour(place + 2), width: 2 }, itemStyle: { color: colour(place + 2) }, tooltip: { valueFormatter: shown(spec.unit) },
    }))],
  };
}

function option(spec) {
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("text") },
    grid: { left: 24, right: 24, top: 24, bottom: spec.series?.length > 1 || spec.more?.length ? 36 : 8, containLabel: true },
    // The page's policy forbids inline styles, which the library's HTML tooltip needs.
    tooltip: { trigger: "axis", renderMode: "richText", confine: true },
    ...(spec.kind === "bars" ? bars(spec) : line(spec)),
  };
}

async function draw(place) {
  const spec = JSON.parse(place.nextElementSibling.textContent);
  drawn.set(place, null);
  try {
    const echarts = await load(place.dataset.library);
    if (!place.isConnected) return void drawn.delete(place);
    place.dataset.drawn = "";
    const canvas = document.createElement("div");
    place.replaceChildren(canvas);
    const chart = echarts.init(canvas, null, { renderer: "canvas" });
    chart.setOption(option(spec));
    drawn.set(place, { chart, spec });
    place.parentElement.querySelector(".chart-table").open = false;
  } catch (error) {
    drawn.delete(place);
    delete place.dataset.drawn;
    console.warn(error);
  }
}

function drawAll() {
  for (const [place, one] of drawn) {
    if (!place.isConnected) {
      one?.chart.dispose();
      drawn.delete(place);
    }
  }
  for (const place of document.querySelectorAll(".chart")) if (!drawn.has(place)) draw(place);
}

document.addEventListener("htmx:load", drawAll);
document.addEventListener("htmx:historyRestore", drawAll);
// The history keeps a page as text, so what the library has drawn is removed first.
document.addEventListener("htmx:beforeHistorySave", () => {
  for (const [place, one] of drawn) {
    one?.chart.dispose();
    place.replaceChildren();
    delete place.dataset.drawn;
  }
  drawn.clear();
});
document.addEventListener("theme", () => { for (const one of drawn.values()) one?.chart.setOption(option(one.spec), true); });
addEventListener("resize", () => { for (const one of drawn.values()) one?.chart.resize(); });
drawAll();
