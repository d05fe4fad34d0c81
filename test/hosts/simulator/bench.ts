/** What the tests of the simulator share: a device with its flash, brokers, senders, and figures of the screen. */
import { afterEach, beforeEach, vi } from "vitest";
import type { Picture } from "../../../hosts/moddable/tools/picture.ts";
import { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import type { Size } from "../../../src/pager/screen/draw-list.ts";
import { startAedes } from "../../brokers/aedes.ts";
import type { Broker } from "../../brokers/broker.ts";
import { findMosquitto, startMosquitto } from "../../brokers/mosquitto.ts";
import { TestSender } from "../../brokers/test-sender.ts";
import { Cleanups } from "../../cleanups.ts";

/** Rows of the M5Stack's screen between status bar and button labels. */
export const MESSAGE_ROWS = { top: 24, bottom: 216 };

/** Repeats the check until it passes. */
export const eventually = (check: () => void | Promise<void>, timeout = 60_000) =>
  vi.waitFor(check, { timeout, interval: 20 });

/** One device. Each launch starts it with the present content of its flash. */
export class Bench extends Cleanups {
  /** The folder of its flash. */
  readonly home = this.folder();

  /** mosquitto, or Aedes where that is not installed. */
  async broker(): Promise<Broker> {
    const broker = await (findMosquitto() ? startMosquitto() : startAedes());
    this.add(() => broker.stop());
    return broker;
  }

  launch(
    program: string | undefined,
    settings: Readonly<Record<string, string | number>>,
    timeoutSeconds = 300,
    size?: Size,
  ): LaunchedSimulator {
    const { FIELDPAGER_LAUNCHER: launcher } = process.env;
    if (!launcher || !program) throw new Error("run these tests by npm run test:sim, which builds what they drive");
    const simulator = new LaunchedSimulator({
      launcher,
      program,
      folder: this.home,
      settings,
      timeoutSeconds,
      ...(size && { size }),
    });
    this.add(() => simulator.kill());
    return simulator;
  }

  /** A sender that is subscribed to the presence of this pager. */
  async sender(port: number, pager: string): Promise<TestSender> {
    const sender = await TestSender.connect(port, pager);
    this.add(() => sender.stop());
    return sender;
  }
}

/** Makes a bench and a broker for each test of a file, and ends them after it. @param take gets them before each test */
export function useBench(take: (bench: Bench, broker: Broker) => void): void {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench();
    take(bench, await bench.broker());
  });
  afterEach(() => bench.end());
}

/** How often the device has connected to a broker so far. */
export function connectionsOf(simulator: LaunchedSimulator): number {
  return simulator.lines.filter((line) => line.startsWith("connected to")).length;
}

/** How many pixels of these rows differ from the first one. */
export function inkOf({ width, rgb }: Picture, { top, bottom } = MESSAGE_ROWS): number {
  let ink = 0;
  const first = 3 * width * top;
  for (let at = first; at < 3 * width * bottom; at += 3)
    if (rgb[at] !== rgb[first] || rgb[at + 1] !== rgb[first + 1] || rgb[at + 2] !== rgb[first + 2]) ink += 1;
  return ink;
}
