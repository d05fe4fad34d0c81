/** A simulator that runs without a window, as tests and pictures use it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DEVICE } from "./build.ts";
import { type Picture, parsePpm } from "./picture.ts";

/** It tells its figures every second. */
const FIGURES_TIMEOUT_MS = 10_000;

export interface LaunchOptions {
  readonly launcher: string;
  readonly program: string;
  /** Where its records and settings are kept. Made when it is missing. */
  readonly folder: string;
  readonly settings: Readonly<Record<string, string | number>>;
  /** It ends with status 124 after this. */
  readonly timeoutSeconds: number;
}

export class LaunchedSimulator {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<number>;
  readonly #waiting: { readonly test: (line: string) => boolean; readonly resolve: () => void }[] = [];
  /** What it has printed so far, without the engine's figures. */
  readonly lines: string[] = [];
  #figureNames: readonly string[] = [];
  /** What the engine measured in each second, by its names, for example `Chunk used` and `Slot available`, in bytes. */
  readonly figures: Readonly<Record<string, number>>[] = [];

  constructor(options: LaunchOptions) {
    this.#folder = options.folder;
    mkdirSync(options.folder, { recursive: true });
    writeFileSync(join(options.folder, "settings.json"), JSON.stringify(options.settings));
    const size = ["-w", String(DEVICE.width), "-h", String(DEVICE.height)];
    this.#child = spawn(options.launcher, [...size, "-t", String(options.timeoutSeconds), options.program], {
      cwd: options.folder,
      stdio: ["pipe", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream) createInterface(stream).on("line", (line) => this.#heard(line));
    // Writing to one that has just ended is no error of ours: its status tells.
    this.#child.stdin?.on("error", () => {});
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code, signal) => resolve(code ?? (signal ? 128 : 0)));
    });
  }

  /** Its exit status, when it has ended. */
  get ended(): Promise<number> {
    return this.#ended;
  }

  press(button: "a" | "b" | "c"): void {
    this.#tell(`press ${button}`);
  }

  /** As if the network had come back: it does not wait any longer before it connects. */
  networkChanged(): void {
    this.#tell("network");
  }

  /** Tells the program a text, as a message to the simulated device. */
  say(text: string): void {
    this.#tell(`say ${text}`);
  }

  /** From now on each record that it writes takes so long, as on a board whose flash is slow. */
  slowDown(writeMs: number): void {
    this.#tell(`busy ${writeMs}`);
  }

  /** The most that was in use so far, garbage included, by the name of a figure. */
  peakOf(name: string): number {
    return Math.max(0, ...this.figures.map((figures) => figures[name] ?? 0));
  }

  /** The engine's figures after its garbage was collected: those of what is in use. */
  async collect(): Promise<Readonly<Record<string, number>>> {
    const line = this.#line((text) => text === "collected");
    this.#tell("collect");
    await line;
    const count = this.figures.length;
    const deadline = Date.now() + FIGURES_TIMEOUT_MS;
    while (this.figures.length === count) {
      if (Date.now() > deadline) throw new Error("the simulator tells no figures");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.figures.at(-1) ?? {};
  }

  /** Asks it to say goodbye and to end; gives its exit status. */
  stop(): Promise<number> {
    this.#tell("stop");
    return this.#ended;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** What its screen shows now. */
  async picture(): Promise<Picture> {
    const path = join(this.#folder, "screen.ppm");
    const line = this.#line((text) => text.startsWith("picture "));
    this.#tell(`picture ${path}`);
    await line;
    const picture = parsePpm(readFileSync(path));
    rmSync(path);
    return picture;
  }

  #tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The next line that passes the test. Fails when it ends before. */
  async #line(test: (line: string) => boolean): Promise<void> {
    const heard = new Promise<void>((resolve) => this.#waiting.push({ test, resolve }));
    const ended = this.#ended.then((status) => {
      throw new Error(`the simulator ended with status ${status}:\n${this.lines.slice(-20).join("\n")}`);
    });
    await Promise.race([heard, ended]);
    ended.catch(() => {});
  }

  #heard(line: string): void {
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
      waiting.resolve();
    }
  }
}
