import { beforeEach, describe, expect, it } from "vitest";
import { OPEN_TIMEOUT_MS, UPDATE_PATIENCE_MS, UPDATE_RETRY_MAX_MS, UPDATE_STALL_MS } from "../../src/limits.ts";
import { IMAGE_HEADER_BYTES } from "../../src/update/image.ts";
import { type ImageSlot, Updater, type UpdaterEvent } from "../../src/update/updater.ts";
import { installed, programOf, ReleaseKey, sha512 } from "./images.ts";

const key = new ReleaseKey();
const program = programOf(10_000);
const image = key.image(program, [1, 3, 0]);
const address = { isSecure: true, host: "station.example", port: 443, path: "/a" };

/** A slot in memory. */
class MemorySlot implements ImageSlot {
  readonly bytes = 16_384;
  readonly blockBytes = 4_096;
  readonly content = new Uint8Array(this.bytes);
  readonly written: number[] = [];
  failsAt = Number.POSITIVE_INFINITY;

  writeBlock(index: number, bytes: Uint8Array): void {
    if (this.written.length === this.failsAt) throw new Error("flash: write failed");
    this.written.push(index);
    this.content.set(bytes, index * this.blockBytes);
  }

  digest(length: number): Uint8Array {
    return sha512([this.content.subarray(0, length)]);
  }

  activate(): void {
    throw new Error("the updater leaves this to its host");
  }
}

let slot: MemorySlot;
let updater: Updater;
beforeEach(() => {
  slot = new MemorySlot();
  updater = new Updater({ address, mayBeOlder: false }, installed(key), slot, sha512);
});

function events(): UpdaterEvent[] {
  const all: UpdaterEvent[] = [];
  for (let event = updater.pollEvent(); event; event = updater.pollEvent()) all.push(event);
  return all;
}

const request = () => Buffer.from(updater.pollTransmit() ?? []).toString();
const say = (text: string, nowMs: number) => updater.handleBytes(Uint8Array.from(Buffer.from(text)), nowMs);

/** Answers as a server with the image: sends the requested part, up to `end`. */
function serve(nowMs: number, asked: string, end = image.length, pieceBytes = 1_000, file = image): void {
  const from = Number(/Range: bytes=(\d+)-/.exec(asked)?.[1] ?? 0);
  const range = from > 0 ? `content-range: bytes ${from}-${file.length - 1}/${file.length}\r\n` : "";
  say(
    `HTTP/1.1 ${from > 0 ? "206 Partial Content" : "200 OK"}\r\n${range}content-length: ${file.length - from}\r\n\r\n`,
    nowMs,
  );
  for (let at = from; at < end; at += pieceBytes)
    updater.handleBytes(file.subarray(at, Math.min(end, at + pieceBytes)), nowMs);
}

describe("an updater", () => {
  it.each([1, 100, 4_096, 20_000])("loads an image that comes in pieces of %i bytes", (pieceBytes) => {
    updater.start(0);
    expect(events()).toEqual([{ type: "open", address }]);
    updater.handleConnected(10);
    serve(20, request(), image.length, pieceBytes);
    const told = events();
    expect(told.slice(-2)).toEqual([{ type: "close" }, { type: "loaded", version: "1.3.0" }]);
    expect(told.at(-3)).toEqual({ type: "progress", version: "1.3.0", percent: 100 });
    expect(slot.content.subarray(0, program.length)).toEqual(program);
    expect(slot.written).toEqual([0, 1, 2]);
    expect(updater.pollTimeout()).toBeUndefined();
    updater.handleClosed("late", 30);
    expect(events()).toEqual([]);
  });

  it("goes on after a loss at any byte, and writes no block twice", () => {
    for (let lostAt = 0; lostAt < image.length; lostAt += 487) {
      slot = new MemorySlot();
      updater = new Updater({ address, mayBeOlder: false }, installed(key), slot, sha512);
      updater.start(0);
      updater.handleConnected(0);
      serve(0, request(), lostAt);
      updater.handleClosed("closed by the peer", 0);
      expect(events().at(-1)).toEqual({ type: "lost", reason: "closed by the peer", retryMs: 1_000 });
      expect(updater.pollTimeout()).toBe(1_000);
      updater.handleTimeout(1_000);
      expect(events()).toEqual([{ type: "open", address }]);
      updater.handleConnected(1_000);
      serve(1_000, request());
      expect(events().at(-1), `lost at ${lostAt}`).toEqual({ type: "loaded", version: "1.3.0" });
      expect(slot.written).toEqual([0, 1, 2]);
    }
  });

  it("begins again if the server has another file by now", () => {
    updater.start(0);
    updater.handleConnected(0);
    serve(0, request(), 5_000);
    updater.handleClosed("closed by the peer", 0);
    updater.handleTimeout(1_000);
    updater.handleConnected(1_000);
    request();
    const other = key.image(programOf(9_000, 3), [1, 4, 0]);
    say(`HTTP/1.1 200 OK\r\ncontent-length: ${other.length}\r\n\r\n`, 1_000);
    expect(events().at(-1)).toMatchObject({ type: "lost", reason: "the server sends the file from its beginning" });
    updater.handleTimeout(3_000);
    updater.handleConnected(3_000);
    serve(3_000, request(), other.length, 1_000, other);
    expect(events().at(-1)).toEqual({ type: "loaded", version: "1.4.0" });
  });

  it.each([
    ["is not signed with its key", new ReleaseKey().image(program, [1, 3, 0]), /not signed/],
    ["is older", key.image(program, [1, 1, 9]), /older/],
    ["is for another board", key.image(program, [1, 3, 0], "esp32c3"), /for esp32c3/],
    ["is none", Uint8Array.from({ length: 5_000 }), /no firmware image/],
    ["is longer than its header says", Uint8Array.of(...image, 0), /10177 bytes, its header says 10176/],
    ["is shorter than a header", image.subarray(0, IMAGE_HEADER_BYTES - 1), /ends within its header/],
  ])("refuses an image that %s, before it writes anything", (_name, file, reason) => {
    updater.start(0);
    updater.handleConnected(0);
    serve(0, request(), file.length, 1_000, file);
    expect(events().at(-1)).toMatchObject({ type: "failed", reason: expect.stringMatching(reason) });
    expect(slot.written).toEqual([]);
    expect(updater.pollTimeout()).toBeUndefined();
  });

  it("refuses a program that is not the one that was signed", () => {
    const damaged = image.slice();
    damaged[image.length - 1] = (damaged[image.length - 1] as number) ^ 1;
    updater.start(0);
    updater.handleConnected(0);
    serve(0, request(), damaged.length, 1_000, damaged);
    expect(events().at(-1)).toMatchObject({
      type: "failed",
      reason: expect.stringMatching(/not the one that was signed/),
    });
  });

  it("ends if the flash refuses, or if one side refuses the certificate", () => {
    slot.failsAt = 1;
    updater.start(0);
    updater.handleConnected(0);
    serve(0, request());
    expect(events().at(-1)).toEqual({ type: "failed", reason: "flash: write failed" });

    updater = new Updater({ address, mayBeOlder: false }, installed(key), slot, sha512);
    updater.start(0);
    updater.handleClosed("the certificate has expired", 0, true);
    expect(events().at(-1)).toEqual({ type: "failed", reason: "the certificate has expired" });
  });

  it("gives up a server that sends nothing, and a connection that does not open, and tries again", () => {
    updater.start(0);
    updater.handleTimeout(OPEN_TIMEOUT_MS);
    expect(events().at(-1)).toMatchObject({ type: "lost", reason: "the connection takes too long" });
    updater.handleNetworkChanged(OPEN_TIMEOUT_MS + 1);
    updater.handleConnected(OPEN_TIMEOUT_MS + 1);
    expect(updater.pollTimeout()).toBe(OPEN_TIMEOUT_MS + 1 + UPDATE_STALL_MS);
    updater.handleTimeout(OPEN_TIMEOUT_MS + 1 + UPDATE_STALL_MS);
    expect(events().slice(-2)).toMatchObject([
      { type: "close" },
      { type: "lost", reason: "the server sends nothing", retryMs: 2_000 },
    ]);
  });

  it("fails when nothing has come for long, and not before", () => {
    let nowMs = 0;
    updater.start(nowMs);
    for (;;) {
      updater.handleClosed("no connection", nowMs);
      const last = events().at(-1);
      if (last?.type === "failed") break;
      expect(last).toMatchObject({ type: "lost" });
      nowMs = updater.pollTimeout() ?? Number.NaN;
      updater.handleTimeout(nowMs);
    }
    expect(nowMs).toBeGreaterThanOrEqual(UPDATE_PATIENCE_MS);
    expect(nowMs).toBeLessThan(UPDATE_PATIENCE_MS + UPDATE_RETRY_MAX_MS);
  });

  it("waits and tries again if the server is busy", () => {
    updater.start(0);
    updater.handleConnected(0);
    say("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", 0);
    expect(events().at(-1)).toMatchObject({ type: "lost", reason: "the server answers with status 503" });
    const wakeMs = updater.pollTimeout() ?? Number.NaN;
    updater.handleTimeout(wakeMs - 1);
    expect(events()).toEqual([]);
    updater.handleTimeout(wakeMs);
    expect(events()).toMatchObject([{ type: "open" }]);
  });
});
