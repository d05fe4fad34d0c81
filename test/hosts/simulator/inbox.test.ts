/** A full inbox in the XS engine: how much of the heap 200 messages take, and that each of them can be opened. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FreeMemory, LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { INBOX_BYTES_MAX, INBOX_RECORDS_MAX } from "../../../src/limits.ts";
import { startAedes } from "../../brokers/aedes.ts";
import type { Broker } from "../../brokers/broker.ts";
import { allowedPrograms } from "./allowed-programs.ts";
import { Bench, eventually } from "./bench.ts";

const UID = "pager-sim";
const TEXT = "Bearing of pump 3 is too hot and rising, the standby pump has started. Please inspect it before noon. ";

/** What the index of the messages may take: 32 bytes each, with spare room for further ones. */
const INDEX_BYTES_MAX = 32 * (INBOX_RECORDS_MAX + 32);

/** What may differ because the screen shows another message and another time. */
const NOISE_BYTES = 2_048;
const NOISE_SLOTS = 160;

let bench: Bench;
let broker: Broker;

beforeEach(async () => {
  bench = new Bench();
  broker = await startAedes();
  bench.add(() => broker.stop());
});

afterEach(() => bench.end());

function launch(program: string): LaunchedSimulator {
  const settings = { uid: UID, "broker.port": broker.port, "telemetry.interval": 0, "screen.dwell": 0 };
  return bench.launch(program, settings);
}

/** What is free when nothing is on its way any more: no less than with one message, but for the index. */
async function settled(simulator: LaunchedSimulator, one: FreeMemory): Promise<FreeMemory> {
  let free = one;
  // The last receipts hold memory until the broker has acknowledged them.
  await eventually(async () => {
    free = await simulator.collect();
    expect(one.chunkBytes - free.chunkBytes).toBeLessThanOrEqual(INDEX_BYTES_MAX + NOISE_BYTES);
    expect(one.slots - free.slots).toBeLessThanOrEqual(NOISE_SLOTS);
  });
  return free;
}

describe.each(allowedPrograms())("in the memory of $boards", ({ program }) => {
  it(`an inbox of ${INBOX_RECORDS_MAX} messages fits, is opened again after a power cut and read through`, async () => {
    const sender = await bench.sender(broker.port, UID);
    const first = launch(program);
    await eventually(() => expect(sender.presence.at(-1)?.hex).toBe("51"));
    await sender.push(UID, { id: "p1", text: TEXT });
    await eventually(() => expect(sender.countOf("shown")).toBe(1));
    const one = await first.collect();
    for (let index = 2; index <= INBOX_RECORDS_MAX; index += 1) {
      await sender.push(UID, { id: `p${index}`, text: TEXT });
      if (index % 10 === 0) await eventually(() => expect(sender.countOf("shown")).toBe(index));
    }
    const full = await settled(first, one);
    const records = () => readdirSync(join(bench.home, "records")).filter((name) => name.startsWith("m-")).length;
    expect([records(), sender.countOf("dropped")]).toEqual([INBOX_RECORDS_MAX, 0]);
    expect(INBOX_RECORDS_MAX * TEXT.length).toBeLessThan(INBOX_BYTES_MAX);
    await first.kill();

    const second = launch(program);
    await eventually(() => expect(second.lines.join("\n")).toContain("connected to"));
    for (let index = 0; index < INBOX_RECORDS_MAX; index += 1) second.press("b");
    await eventually(() => expect(sender.countOf("read")).toBe(INBOX_RECORDS_MAX));
    // Through the inbox to its end, and home.
    second.press("b");
    for (let index = 0; index < INBOX_RECORDS_MAX; index += 1) second.press("c");
    const read = await settled(second, one);
    process.stdout.write(
      `free with 1 message, ${INBOX_RECORDS_MAX}, and all read: ${JSON.stringify([one, full, read])}\n`,
    );
    expect(await second.stop()).toBe(0);
  });
});
