/**
 * The paths with the highest use of memory, in the allowed part of each board's memory: TLS, a full inbox, pages that wait at the
 * broker, an alert with choices, every view. The engine aborts if the program needs more.
 */
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { type Allowance, SIMULATOR_SLOT_BYTES } from "../../../hosts/simulator/tools/memory.ts";
import { addFigures } from "../../../hosts/simulator/tools/memory-figures.ts";
import { INBOX_RECORDS_MAX, PRESS_GUARD_MS } from "../../../src/limits.ts";
import { CuttingProxy } from "../../brokers/cutting-proxy.ts";
import { findMosquitto, type Mosquitto, startMosquitto } from "../../brokers/mosquitto.ts";
import { findProgram } from "../../brokers/server-process.ts";
import type { TestSender } from "../../brokers/test-sender.ts";
import { type Certificates, makeCertificates } from "../../certificates.ts";
import { requireOrSkip } from "../../require.ts";
import { allowedPrograms } from "./allowed-programs.ts";
import { Bench, connectionsOf, eventually } from "./bench.ts";

const UID = "pager-sim";
const PAGES = 200;
const PAGE_CHARACTERS = 200;

/** A write takes at least so long. So bytes wait for the board on every connection. */
const WRITE_MS = 20;

/** How often the connection is lost while pages wait. */
const CUTS = 5;

const WORDS = "Bearing of pump 3 is too hot and rising, the standby pump has started. Please inspect it before noon. ";

const openssl = findProgram("openssl");
const isReady =
  requireOrSkip("mosquitto", findMosquitto() !== undefined) && requireOrSkip("openssl", openssl !== undefined);

describe.runIf(isReady).each(allowedPrograms())("in the memory of $boards", (allowed) => {
  let certificates: Certificates;
  let broker: Mosquitto;
  let bench: Bench;

  beforeAll(async () => {
    certificates = makeCertificates(openssl as string);
    const { certificate, key } = certificates.server;
    broker = await startMosquitto({ listeners: [[`certfile ${certificate}`, `keyfile ${key}`]] });
  });

  afterAll(async () => {
    await broker?.stop();
    certificates?.remove();
  });

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => bench.end());

  function launch(port: number, settings: Readonly<Record<string, string | number>> = {}): LaunchedSimulator {
    const all = {
      uid: UID,
      "broker.transport": "tls",
      "broker.port": port,
      "broker.ca": readFileSync(certificates.ca.certificate, "utf8"),
      contacts: "ann,bob",
      groups: "ops",
      ...settings,
    };
    return bench.launch(allowed.program, all);
  }

  async function sendWhileAway(sender: TestSender, port: number): Promise<void> {
    const first = launch(port);
    await eventually(() => expect(connectionsOf(first)).toBe(1));
    expect(await first.stop()).toBe(0);
    for (let index = 1; index <= PAGES; index += 1)
      await sender.push(UID, { id: `q${index}`, text: `${index} ${WORDS.repeat(2)}`.slice(0, PAGE_CHARACTERS) });
  }

  /** Says what the program uses now, and what it used at most. Then it ends. */
  async function end(when: string, simulator: LaunchedSimulator): Promise<void> {
    const { chunkBytes, slots, stackSlots } = allowed satisfies Allowance;
    const free = await simulator.collect();
    expect(await simulator.stop()).toBe(0);
    const stack = simulator.peakOf("Stack used") / SIMULATOR_SLOT_BYTES;
    const most = simulator.peakOf("Slot used") / SIMULATOR_SLOT_BYTES;
    const chunk = simulator.peakOf("Chunk used");
    const used = { chunkBytes: chunkBytes - free.chunkBytes, slots: slots - free.slots };
    process.stdout.write(
      `${allowed.boards}, ${when}: at most ${stack} of ${stackSlots} slots of stack; in use ${used.slots} and with garbage at most ${most} of ${slots} slots, ${used.chunkBytes} and ${chunk} of ${chunkBytes} bytes of chunks\n`,
    );
    addFigures(process.env.FIELDPAGER_MEMORY_FIGURES as string, {
      boards: allowed.boards,
      when,
      chunkBytes: { used: used.chunkBytes, of: chunkBytes },
      slots: { used: used.slots, of: slots },
      stackSlots: { used: stack, of: stackSlots },
    });
  }

  it("a backlog of pages over TLS comes in whole, then an alert is answered and every view is seen", {
    timeout: 300_000,
  }, async () => {
    const sender = await bench.sender(broker.port, UID);
    const port = broker.further[0] as number;
    await sendWhileAway(sender, port);
    const simulator = launch(port, { "screen.dwell": 0, "telemetry.interval": 1 });
    await eventually(() => expect(sender.countOf("stored")).toBe(PAGES));
    expect(PAGES).toBeGreaterThanOrEqual(INBOX_RECORDS_MAX);
    await sender.push(UID, { id: "alert", text: WORDS.repeat(20), extra: { pr: 5, re: ["Yes", "No", "Later"] } });
    await eventually(() => expect(sender.statesOf("alert")).toContain("shown"));
    await new Promise((resolve) => setTimeout(resolve, PRESS_GUARD_MS));
    // The alert's pages and choices, the inbox with its rows, people, and home.
    for (const button of "bbbbccccbbbbccbbaaccbbaaacccbbbaaa") {
      simulator.press(button as "a" | "b" | "c");
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await eventually(() => expect(sender.statesOf("alert")).toContain("read"));
    await end("every view", simulator);
  });

  it(`a busy device takes the same backlog through ${CUTS} lost connections`, { timeout: 300_000 }, async () => {
    const sender = await bench.sender(broker.port, UID);
    const proxy = await CuttingProxy.start(broker.further[0] as number);
    bench.add(() => proxy.stop());
    await sendWhileAway(sender, proxy.port);
    const simulator = launch(proxy.port);
    simulator.slowDown(WRITE_MS);
    for (let cut = 1; cut <= CUTS; cut += 1) {
      await eventually(() => expect(sender.countOf("stored")).toBeGreaterThan(((cut - 1) * PAGES) / CUTS));
      const before = connectionsOf(simulator);
      proxy.cut();
      await eventually(() => {
        simulator.networkChanged();
        expect(connectionsOf(simulator)).toBe(before + 1);
      });
    }
    await eventually(() => expect(sender.countOf("stored")).toBe(PAGES));
    simulator.slowDown(0);
    await end("a backlog", simulator);
  });
});
