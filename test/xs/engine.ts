/**
 * Drives the XS engine from npm. It is the same engine as on the boards. It is a process that takes netstrings on descriptor 3 and
 * answers on descriptor 4. Before a program runs, everything that a board does not have is removed, and the built-ins are frozen.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";

/** The cost of a program. `compute` is exact and repeatable. `slots` are the cells of the heap in use after a collection. */
export interface Meter {
  readonly compute: number;
  readonly slots: number;
}

export interface Reply {
  /** What the program's `run()` returned, through JSON. */
  readonly value: unknown;
  readonly meter: Meter;
}

const PLATFORM_FOLDERS: Readonly<Record<string, string>> = { linux: "lin", darwin: "mac", win32: "win" };

/** More than any program here needs. A program that runs away ends with exit status 17. */
const COMPUTE_MAX = 4_000_000_000;
const REPLY_TIMEOUT_MS = 150_000;

/**
 * On a board text coders and timers come only with modules. The driver keeps the coder for its replies. The prototypes are frozen
 * as for a preloaded program: an assignment such as `error.name = …` throws.
 */
export const PRELUDE = `"use strict";
(() => {
  const coder = new TextEncoder();
  const stringify = JSON.stringify;
  for (const name of ["TextEncoder", "TextDecoder", "setImmediate", "performance", "Base64", "harden", "issueCommand", "lockdown"])
    delete globalThis[name];
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const value = globalThis[name];
    if (typeof value !== "function" && (typeof value !== "object" || value === null || value === globalThis)) continue;
    if (typeof value === "function" && value.prototype) Object.freeze(value.prototype);
    Object.freeze(value);
  }
  globalThis.reply = (value) => coder.encode(stringify(value) ?? "null").buffer;
})();`;

/** For foreign programs: the built-ins can be changed, and some globals of a browser page exist. */
export const UNFROZEN = `globalThis.AbortController = class {};
globalThis.AbortSignal = class {};
globalThis.console = { log() {}, warn() {}, error() {} };
globalThis.reply = (value) => new TextEncoder().encode(JSON.stringify(value) ?? "null").buffer;`;

/** Path of the engine, or undefined if the package was not installed or could not be built. */
export function findEngine(): string | undefined {
  const folder = PLATFORM_FOLDERS[process.platform];
  const file = process.platform === "win32" ? "xsnap-worker.exe" : "xsnap-worker";
  const base = "../../node_modules/@agoric/xsnap/xsnap-native/xsnap/build/bin";
  const path = fileURLToPath(new URL(`${base}/${folder}/release/${file}`, import.meta.url));
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}

/** Makes one script of a program and its imports. As on a board, there are no modules of Node. */
export async function bundle(programUrl: URL, options: BuildOptions = {}): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(programUrl)],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "program",
    footer: { js: "globalThis.program = program;" },
    target: "es2023",
    platform: "neutral",
    conditions: ["moddable"],
    loader: { ".fnt": "binary" },
    logLevel: "silent",
    ...options,
  });
  const [output] = result.outputFiles ?? [];
  if (!output) throw new Error(`${programUrl.pathname}: nothing was built`);
  return output.text;
}

export class Engine {
  readonly #process: ChildProcess;
  readonly #input: Writable;
  #buffer = Buffer.alloc(0);
  #errors = "";
  #settle: ((answer: Buffer | Error) => void) | undefined;

  /** @param computeMax a program that takes more is ended */
  constructor(binary: string, computeMax = COMPUTE_MAX) {
    this.#process = spawn(binary, ["fieldpager", "-l", String(computeMax)], {
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    });
    const [, stdout, stderr, input, output] = this.#process.stdio as [null, Readable, Readable, Writable, Readable];
    this.#input = input;
    for (const stream of [stdout, stderr]) stream.on("data", (bytes: Buffer) => (this.#errors += bytes.toString()));
    output.on("data", (bytes: Buffer) => this.#receive(bytes));
    input.on("error", () => {});
    this.#process.on("error", (error) => this.#fail(error.message));
    this.#process.on("close", (code, signal) => this.#fail(`ended with ${code ?? signal}`));
  }

  /** Runs a script and ignores its value. If it throws, this rejects with the error's text. */
  async evaluate(script: string): Promise<void> {
    await this.#ask(script);
  }

  /** Evaluates a bundled program, calls its export `run()`, and returns the result and the cost. */
  async run(program: string, prelude = PRELUDE): Promise<Reply> {
    await this.#ask(prelude);
    await this.#ask(program);
    const { text, compute } = await this.#ask("reply(program.run())");
    const { slots } = await this.#ask("gc()");
    return { value: JSON.parse(text), meter: { compute, slots } };
  }

  /** Slots that a script takes from the heap, with garbage. The number is exact unless a collection runs meanwhile. */
  async slotsTaken(script: string): Promise<number> {
    const { slots } = await this.#ask("gc()");
    return (await this.#ask(script)).slots - slots;
  }

  /** The value of an expression, through JSON. The prelude must have run before. */
  async ask<Value>(expression: string): Promise<Value> {
    return JSON.parse((await this.#ask(`reply(${expression})`)).text) as Value;
  }

  /** The compute that a script costs. */
  async compute(script: string): Promise<number> {
    return (await this.#ask(script)).compute;
  }

  /** Ends the process and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#process.once("close", resolve));
    this.#process.kill();
    await closed;
  }

  async #ask(script: string): Promise<Meter & { text: string }> {
    const body = Buffer.from(`e${script}`);
    const message = await new Promise<Buffer>((resolve, reject) => {
      const deadline = setTimeout(() => this.#fail(`no answer within ${REPLY_TIMEOUT_MS} ms`), REPLY_TIMEOUT_MS);
      this.#settle = (answer) => {
        clearTimeout(deadline);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      this.#input.write(Buffer.concat([Buffer.from(`${body.length}:`), body, Buffer.from(",")]));
    });
    if (message[0] !== 0x2e) throw new Error(`XS: ${message.toString("utf8", 1)}`);
    const separator = message.indexOf(1);
    const meter = JSON.parse(message.toString("utf8", 1, separator)) as { compute: number; currentHeapCount: number };
    return { text: message.toString("utf8", separator + 1), compute: meter.compute, slots: meter.currentHeapCount };
  }

  #receive(bytes: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    const colon = this.#buffer.indexOf(":");
    if (colon < 0) return;
    const end = colon + 1 + Number(this.#buffer.toString("latin1", 0, colon));
    if (this.#buffer.length <= end) return;
    const message = this.#buffer.subarray(colon + 1, end);
    this.#buffer = this.#buffer.subarray(end + 1);
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(message);
  }

  #fail(problem: string): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(new Error(`XS: ${problem}${this.#errors ? `: ${this.#errors.trim()}` : ""}`));
  }
}
