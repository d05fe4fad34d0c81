import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import type { Series } from "../../shared/device.ts";

const HEIGHT = 110;
const WIDTH_MIN = 140;

/** A small chart of the newest points of one series, with the last value in words. */
export function Chart({ series }: { readonly series: Series }) {
  const { name, unit, timesMs, values } = series;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const made = new UPlot(optionsFor(element), [[], []], element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: widthOf(element), height: HEIGHT }));
    observer.observe(element);
    const theme = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => made.redraw();
    theme.addEventListener("change", redraw);
    return () => {
      theme.removeEventListener("change", redraw);
      observer.disconnect();
      made.destroy();
    };
  }, []);
  useEffect(() => {
    plot.current?.setData([timesMs.map((ms) => ms / 1000), [...values]]);
  }, [series]);
  const last = values.at(-1);
  const range = `from ${numberOf(Math.min(...values))} to ${numberOf(Math.max(...values))}`;
  return (
    <figure class="chart" data-series={name}>
      <figcaption>
        {name} <b>{last === undefined ? "" : `${numberOf(last)} ${unitOf(unit)}`}</b>
      </figcaption>
      <div ref={place} role="img" aria-label={`${name}: ${values.length} points, ${range} ${unitOf(unit)}`} />
    </figure>
  );
}

function optionsFor(element: HTMLElement): UPlot.Options {
  const color = (name: string) => () => getComputedStyle(element).getPropertyValue(name).trim();
  const axis = { stroke: color("--muted"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  return {
    width: widthOf(element),
    height: HEIGHT,
    padding: [8, 26, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    series: [{}, { stroke: color("--accent"), width: 2, points: { show: true, size: 4, fill: color("--accent") } }],
    axes: [
      { ...axis, size: 22, space: 70, values: (_plot, splits) => splits.map((seconds) => clockOf(seconds, splits)) },
      { ...axis, size: 46, space: 28 },
    ],
  };
}

function widthOf(element: HTMLElement): number {
  return Math.max(WIDTH_MIN, element.clientWidth);
}

/** Hours and minutes, and seconds if the marks are less than a minute apart. */
function clockOf(seconds: number, splits: readonly number[]): string {
  const [first = 0, second = first] = splits;
  return new Date(seconds * 1000).toTimeString().slice(0, second - first < 60 ? 8 : 5);
}

export function numberOf(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : "–";
}

/** Units of SenML (RFC 8428, section 12.1) that people write differently. */
export function unitOf(unit: string): string {
  switch (unit) {
    case "Cel":
      return "°C";
    case "%RH":
      return "% r.h.";
    case "count":
    case "/":
      return "";
    default:
      return unit;
  }
}
