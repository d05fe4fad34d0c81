/**
 * The figures that the device has of itself: counts, memory, signal, and why it started. They are sampled at the interval of the
 * telemetry. Each connection begins with all of them. Then a figure is sent when it has changed. The newest value says it all, so
 * none waits while there is no connection. The screen and the log show the same figures.
 */
import { BATCH_READINGS_MAX, FIGURES_LOG_MS } from "../limits.ts";
import type { Row } from "../pager/screen/list-view.ts";
import type { DiscoveredSensor } from "../payload/discovery.ts";
import type { Reading } from "../payload/telemetry.ts";
import type { Sensor } from "../seams.ts";
import type { Device } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import { telemetryPacket } from "./telemetry-source.ts";

/** The reading with the reason of the last start, as text. */
const RESET = "last-reset";

export class Diagnostics implements OutgoingSource {
  private readonly device: Device;
  private readonly figures: readonly Sensor[];
  private readonly startReason: string;
  /** The value that was sent on this connection, by figure. undefined: none was. NaN: it failed. */
  private sent: (number | undefined)[] = [];
  private isResetSent = false;
  /** What waits to be sent. */
  private due: { readonly index: number; readonly value: number }[] = [];
  private sampleMs: number | undefined;
  private logMs: number | undefined;
  /** When a figure that always changes was sent last. */
  private agedMs = 0;

  /** @param startReason why the device started, in a few words */
  constructor(device: Device, figures: readonly Sensor[], startReason: string) {
    this.device = device;
    this.figures = figures;
    this.startReason = startReason;
  }

  start(nowMs: number): void {
    this.device.events.log(`started: ${this.startReason}`);
    this.logMs = nowMs + FIGURES_LOG_MS;
  }

  /** When to call `handleTimeout`, or undefined. */
  get timeoutMs(): number | undefined {
    if (this.sampleMs === undefined || this.logMs === undefined) return this.sampleMs ?? this.logMs;
    return Math.min(this.sampleMs, this.logMs);
  }

  handleConnected(nowMs: number): void {
    this.sent = [];
    this.isResetSent = false;
    this.sample(nowMs);
  }

  handleTimeout(nowMs: number): void {
    if (this.sampleMs !== undefined && nowMs >= this.sampleMs) this.sample(nowMs);
    if (this.logMs === undefined || nowMs < this.logMs) return;
    this.logMs = nowMs + FIGURES_LOG_MS;
    this.log();
  }

  next(): Outgoing | undefined {
    const { topics, settings } = this.device;
    const first = this.due.slice(0, BATCH_READINGS_MAX);
    const isResetDue = !this.isResetSent && this.sampleMs !== undefined;
    const readings: Reading[] = first.map(({ index, value }) => {
      const { name, unit } = this.figures[index] as Sensor;
      return { name, unit, value: Number.isNaN(value) ? undefined : value, ageSeconds: 0 };
    });
    if (isResetDue) readings.unshift({ name: RESET, unit: "", value: this.startReason, ageSeconds: 0 });
    if (readings.length === 0) return undefined;
    const { payload, count } = telemetryPacket(this.device, readings);
    const handleSent = () => {
      this.isResetSent = true;
      for (const { index, value } of this.due.splice(0, isResetDue ? count - 1 : count)) this.sent[index] = value;
    };
    return { topic: topics.telemetry, payload, qos: settings.telemetry.qos, retain: false, handleSent };
  }

  /** What Home Assistant finds. */
  get discovered(): readonly DiscoveredSensor[] {
    return [{ name: RESET, unit: "", isText: true, isDiagnostic: true }, ...this.figures];
  }

  /** The figure of now. NaN: there is none, or it is not known. */
  figure(name: string): number {
    const figure = this.figures.find((each) => each.name === name);
    return figure ? sampled(figure) : Number.NaN;
  }

  /** How many rows `rows` returns. */
  get rowCount(): number {
    return this.figures.length + 1;
  }

  /** The figures of now, for the screen. */
  rows(): readonly Row[] {
    const rows = this.figures.map((figure) => ({ text: figure.name, right: described(figure, sampled(figure)) }));
    return [{ text: this.startReason, right: RESET }, ...rows];
  }

  /** Writes the figures of now into the log. A count of 0 is left out. */
  log(): void {
    const words = this.figures.flatMap((figure) => {
      const value = sampled(figure);
      return value === 0 || Number.isNaN(value) ? [] : [`${figure.name} ${described(figure, value)}`];
    });
    this.device.events.log(`figures: ${words.join(", ")}`);
  }

  /** Takes the values of now. What has changed by its deadband is due. */
  private sample(nowMs: number): void {
    const { intervalSeconds, maxAgeSeconds, deadbands } = this.device.settings.telemetry;
    if (intervalSeconds === 0) return;
    this.sampleMs = nowMs + intervalSeconds * 1000;
    const isAged = nowMs - this.agedMs >= maxAgeSeconds * 1000;
    if (isAged) this.agedMs = nowMs;
    this.due = [];
    this.figures.forEach((figure, index) => {
      const { name, deadband = 0 } = figure;
      const value = sampled(figure);
      const last = this.sent[index];
      const least = deadbands[name] ?? deadband;
      const isDue =
        last === undefined
          ? !Number.isNaN(value)
          : Number.isNaN(value) !== Number.isNaN(last) ||
            (value !== last && Math.abs(value - last) >= least) ||
            (isAged && least === Number.POSITIVE_INFINITY);
      if (isDue) this.due.push({ index, value });
    });
  }
}

/** Returns NaN where the figure is not known. */
function sampled(figure: Sensor): number {
  try {
    return figure.sample() ?? Number.NaN;
  } catch {
    return Number.NaN;
  }
}

function described({ unit }: Sensor, value: number): string {
  if (Number.isNaN(value)) return "-";
  return unit === "count" ? String(value) : `${value} ${unit}`;
}
