/** TLS in the XS engine against mosquitto, and what it takes of the heap. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { DUPLICATE_WINDOW_MAX, INBOX_RECORDS_MAX } from "../../../src/limits.ts";
import { CuttingProxy } from "../../brokers/cutting-proxy.ts";
import { findMosquitto, type Mosquitto, startMosquitto } from "../../brokers/mosquitto.ts";
import { findProgram } from "../../brokers/server-process.ts";
import { TestSender } from "../../brokers/test-sender.ts";
import { type Certificates, type Identity, makeCertificates } from "../../certificates.ts";
import { requireOrSkip } from "../../require.ts";
import { encodePush } from "../../wire.ts";

const UID = "pager-sim";
const MESSAGES = 1_000;
const MESSAGE_BYTES = 200;
const RECONNECTS = 100;

/** The heap of the tight program, see its manifest: with one byte or slot more in use the engine would abort. */
const CHUNK_BYTES_MAX = 49_152;
const SLOTS_MAX = 2_900;

/** The names of messages that are kept against duplicates are not complete yet at message 100, each a string of at most 32 bytes. */
const STILL_FILLING_BYTES = 32 * (INBOX_RECORDS_MAX + DUPLICATE_WINDOW_MAX - 100);

/** After message 200 every table is full. What may differ then: what numbers and dates are long. */
const GROWTH_BYTES_MAX = 256;
const GROWTH_SLOTS_MAX = 16;

/** A slot in the simulator. On a board it takes 16 bytes. */
const SLOT_BYTES = 32;

interface InUse {
  readonly chunkBytes: number;
  readonly slots: number;
}

const openssl = findProgram("openssl");
const isReady =
  requireOrSkip("mosquitto", findMosquitto() !== undefined) && requireOrSkip("openssl", openssl !== undefined);

const eventually = (check: () => void, timeout = 15_000) => vi.waitFor(check, { timeout, interval: 10 });

/** Each has a listener of its own. */
const IDENTITIES = ["server", "expired", "otherName", "unknown", "selfSigned"] as const;
type Name = (typeof IDENTITIES)[number];

describe.runIf(isReady)("the simulated pager over TLS", () => {
  let certificates: Certificates;
  let broker: Mosquitto;
  let folder: string;
  let stops: (() => Promise<void>)[];

  beforeAll(async () => {
    certificates = makeCertificates(openssl as string);
    const lines = ({ certificate, key }: Identity) => [`certfile ${certificate}`, `keyfile ${key}`];
    broker = await startMosquitto({ listeners: IDENTITIES.map((name) => lines(certificates[name])) });
  });

  afterAll(async () => {
    await broker?.stop();
    certificates?.remove();
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fieldpager-simulator-tls-"));
    stops = [async () => rmSync(folder, { recursive: true, force: true })];
  });

  afterEach(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  const portOf = (name: Name) => broker.further[IDENTITIES.indexOf(name)] as number;

  function launch(port: number, settings: Readonly<Record<string, string>> = {}, program = "FIELDPAGER_PROGRAM") {
    const { FIELDPAGER_LAUNCHER: launcher, [program]: path } = process.env;
    if (!launcher || !path) throw new Error("run these tests by npm run test:sim, which builds what they drive");
    const all = {
      uid: UID,
      "broker.transport": "tls",
      "broker.port": port,
      "broker.ca": readFileSync(certificates.ca.certificate, "utf8"),
      "telemetry.interval": 0,
      "screen.dwell": 0,
      ...settings,
    };
    const simulator = new LaunchedSimulator({ launcher, program: path, folder, settings: all, timeoutSeconds: 300 });
    stops.push(() => simulator.kill());
    return simulator;
  }

  const connections = (simulator: LaunchedSimulator) =>
    simulator.lines.filter((line) => line.startsWith("connected to")).length;

  const lost = (simulator: LaunchedSimulator) =>
    simulator.lines.filter((line) => line.startsWith("disconnected")).length;

  /** After the first collection the rest of what was going on comes to its end. */
  async function inUse(simulator: LaunchedSimulator): Promise<InUse> {
    await simulator.collect();
    const figures = await simulator.collect();
    expect(figures["Chunk available"]).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
    expect(figures["Slot available"]).toBeLessThanOrEqual(SLOTS_MAX * SLOT_BYTES);
    return { chunkBytes: figures["Chunk used"] ?? 0, slots: (figures["Slot used"] ?? 0) / SLOT_BYTES };
  }

  it.each([
    ["server", { "broker.serverName": "localhost" }, "connected to"],
    ["server", { "broker.host": "localhost" }, "connected to"],
    ["selfSigned", { "broker.insecure": "yes", "broker.ca": "" }, "warning: broker.insecure"],
    ["expired", {}, "disconnected: the broker's certificate has expired on 2"],
    ["otherName", {}, "disconnected: the broker's certificate is for other.example, expected 127.0.0.1"],
    ["unknown", {}, "disconnected: the broker's certificate is not signed by an authority of broker.ca"],
    ["selfSigned", {}, "disconnected: the broker's certificate is not signed by an authority of broker.ca"],
    ["server", { "broker.ca": "" }, "setting broker.ca: missing"],
    ["server", { "broker.ca": "ca.pem" }, "setting broker.ca: PEM: no"],
  ] as const)("at a broker whose certificate is %s, with %j, says: %s", async (name, settings, said) => {
    const simulator = launch(portOf(name), settings);
    await eventually(() => expect(simulator.lines.join("\n")).toContain(said));
    if (!said.startsWith("disconnected")) return;
    expect(connections(simulator)).toBe(0);
    expect(await simulator.stop()).toBe(0);
  });

  it.runIf(process.env.FIELDPAGER_TIGHT_PROGRAM)(
    `takes ${MESSAGES} messages and ${RECONNECTS} reconnects in 48 KB of chunks and 2,900 slots, and does not grow`,
    async () => {
      const proxy = await CuttingProxy.start(portOf("server"));
      stops.push(() => proxy.stop());
      const sender = await TestSender.connect(broker.port, UID);
      stops.push(() => sender.stop());
      const simulator = launch(proxy.port, {}, "FIELDPAGER_TIGHT_PROGRAM");
      await eventually(() => expect(connections(simulator)).toBe(1));
      const head = encodePush("sender-1", { id: "p1000", text: "" }).length;
      const batch = MESSAGES / RECONNECTS;
      const used: InUse[] = [];
      for (let sent = 0; sent < MESSAGES; ) {
        const pushes: Promise<void>[] = [];
        for (const end = sent + batch; sent < end; sent += 1)
          pushes.push(sender.push(UID, { id: `p${sent + 1}`.padEnd(5), text: "x".repeat(MESSAGE_BYTES - head) }));
        const before = connections(simulator);
        await Promise.all(pushes);
        proxy.cut();
        await eventually(() => expect(lost(simulator)).toBe(before));
        simulator.networkChanged();
        await eventually(() => expect(connections(simulator)).toBe(before + 1));
        await eventually(() => expect(sender.countOf("shown")).toBe(sent));
        if (sent === 100 || sent === 200 || sent === MESSAGES) used.push(await inUse(simulator));
      }
      expect(sender.countOf("stored")).toBe(MESSAGES);
      process.stdout.write(`in use after messages 100, 200 and ${MESSAGES}: ${JSON.stringify(used)}\n`);
      const [early, full, late] = used as [InUse, InUse, InUse];
      expect(late.chunkBytes - early.chunkBytes).toBeLessThanOrEqual(STILL_FILLING_BYTES);
      expect(late.chunkBytes - full.chunkBytes).toBeLessThanOrEqual(GROWTH_BYTES_MAX);
      expect(late.slots - early.slots).toBeLessThanOrEqual(GROWTH_SLOTS_MAX);
      expect(late.slots - full.slots).toBeLessThanOrEqual(GROWTH_SLOTS_MAX);
      expect(await simulator.stop()).toBe(0);
    },
  );
});
