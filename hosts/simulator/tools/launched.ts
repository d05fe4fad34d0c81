/** A simulator that runs without a window. Tests and pictures use it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Size } from "../../../src/pager/screen/draw-list.ts";
import { HOLD_MS } from "../../gestures.ts";
import { type Picture, parsePpm } from "../../moddable/tools/picture.ts";
import { DEVICE } from "./build.ts";

const COLLECTED = /^collected: (\d+) slots and (\d+) bytes of chunks are free$/;

export interface LaunchOptions {
  readonly launcher: string;
  readonly program: string;
  /** The folder for records and settings. It is made if it is missing. */
  readonly folder: string;
  readonly settings: Readonly<Record<string, string | number>>;
  /** After this time the simulator ends with status 124. */
  readonly timeoutSeconds: number;
  /** The screen, in pixels. Default: that of `DEVICE`. */
  readonly size?: Size;
}

/** What the engine has left. */
export interface FreeMemory {
  readonly slots: number;
  readonly chunkBytes: number;
}

export class LaunchedSimulator {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<number>;
  readonly #waiting: { readonly test: (line: string) => boolean; readonly resolve: (line: string) => void }[] = [];
  /** All lines that it has printed, without the engine's figures. */
  readonly lines: string[] = [];
  #figureNames: readonly string[] = [];
  /** What the engine measured in each second, by its names, for example `Chunk used` and `Slot available`, in bytes. */
  readonly figures: Readonly<Record<string, number>>[] = [];

  constructor(options: LaunchOptions) {
    this.#folder = options.folder;
    mkdirSync(options.folder, { recursive: true });
    writeFileSync(join(options.folder, "settings.json"), JSON.stringify(options.settings));
    const { width, height } = options.size ?? DEVICE;
    const size = ["-w", String(width), "-h", String(height)];
    this.#child = spawn(options.launcher, [...size, "-t", String(options.timeoutSeconds), options.program], {
      cwd: options.folder,
      stdio: ["pipe", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream) createInterface(stream).on("line", (line) => this.#handleLine(line));
    // The simulator may have ended already. Then its exit status says so.
    this.#child.stdin?.on("error", () => {});
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code, signal) => resolve(code ?? (signal ? 128 : 0)));
    });
  }

  /** The exit status, when the simulator has ended. */
  get ended(): Promise<number> {
    return this.#ended;
  }

  press(button: "a" | "b" | "c"): void {
    this.#send(`press ${button}`);
  }

  /** Moves a finger from one place to another, in pixels, and lifts it. Without a second place it is a tap. */
  touch(fromX: number, fromY: number, toX = fromX, toY = fromY): void {
    this.#send(`touch down ${fromX} ${fromY}`);
    this.#send(`touch move ${toX} ${toY}`);
    this.#send(`touch up ${toX} ${toY}`);
  }

  /** Holds a finger on a place, in pixels, so long that it counts as held. */
  async hold(x: number, y: number): Promise<void> {
    this.#send(`touch down ${x} ${y}`);
    await new Promise((resolve) => setTimeout(resolve, 2 * HOLD_MS));
    this.#send(`touch up ${x} ${y}`);
  }

  /** Simulates that the network is back. The pager then connects without waiting. */
  networkChanged(): void {
    this.#send("network");
  }

  /** Sends a text to the program, as a message to the simulated device. */
  say(text: string): void {
    this.#send(`say ${text}`);
  }

  /** From now on each write of a record takes this long, as on a board with slow flash. */
  slowDown(writeMs: number): void {
    this.#send(`busy ${writeMs}`);
  }

  /** Lets this much of its time pass, in milliseconds, in a fraction of it. Resolves when it has passed. */
  async pass(ms: number): Promise<void> {
    const line = `pass ${Math.round(ms)}`;
    const passed = this.#nextLine((text) => text === line);
    this.#send(line);
    await passed;
  }

  /** The highest value of a figure so far, with garbage. @param name of the figure */
  peakOf(name: string): number {
    return Math.max(0, ...this.figures.map((figures) => figures[name] ?? 0));
  }

  /** Collects garbage. Returns what is free right after it. */
  async collect(): Promise<FreeMemory> {
    const line = this.#nextLine((text) => COLLECTED.test(text));
    this.#send("collect");
    const [, slots, chunkBytes] = COLLECTED.exec(await line) ?? [];
    return { slots: Number(slots), chunkBytes: Number(chunkBytes) };
  }

  /** Asks the program to say goodbye and to end. Returns its exit status. */
  stop(): Promise<number> {
    this.#send("stop");
    return this.#ended;
  }

  /** Ends the simulator without warning, like a power cut. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** Returns what the screen shows now. */
  async picture(): Promise<Picture> {
    const path = join(this.#folder, "screen.ppm");
    const line = this.#nextLine((text) => text.startsWith("picture "));
    this.#send(`picture ${path}`);
    await line;
    const picture = parsePpm(readFileSync(path));
    rmSync(path);
    return picture;
  }

  #send(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Waits for the next line that passes the test. Rejects if the simulator ends before. */
  async #nextLine(test: (line: string) => boolean): Promise<string> {
    const heard = new Promise<string>((resolve) => this.#waiting.push({ test, resolve }));
    const ended = this.#ended.then((status): never => {
      throw new Error(`the simulator ended with status ${status}:\n${this.lines.slice(-20).join("\n")}`);
    });
    ended.catch(() => {});
    return Promise.race([heard, ended]);
  }

  #handleLine(line: string): void {
    const figures = /^instruments( key)?: (.*)$/.exec(line);
    if (figures) {
      const values = (figures[2] ?? "").split(",");
      if (figures[1]) this.#figureNames = values;
      else
        this.figures.push(Object.fromEntries(values.map((value, at) => [this.#figureNames[at] ?? at, Number(value)])));
      return;
    }
    this.lines.push(line);
    for (const waiting of this.#waiting.filter((each) => each.test(line))) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.resolve(line);
    }
  }
}
