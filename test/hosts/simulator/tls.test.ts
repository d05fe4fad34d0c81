/** TLS between the XS engine and mosquitto, and how much of the heap it takes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FreeMemory, LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { DUPLICATE_WINDOW_MAX, INBOX_RECORDS_MAX, LOG_CHARACTERS_MAX, LOG_LINES_MAX } from "../../../src/limits.ts";
import { CuttingProxy } from "../../brokers/cutting-proxy.ts";
import { findMosquitto, type Mosquitto, startMosquitto } from "../../brokers/mosquitto.ts";
import { findProgram } from "../../brokers/server-process.ts";
import { type Certificates, type Identity, makeCertificates } from "../../certificates.ts";
import { requireOrSkip } from "../../require.ts";
import { encodePush } from "../../wire.ts";
import {
  authority,
  extendedKeyUsage,
  FOR_CLIENTS,
  type KeyForm,
  keyPem,
  makeIdentity,
  type Wanted,
} from "../../x509-maker.ts";
import { allowedPrograms } from "./allowed-programs.ts";
import { Bench, connectionsOf, eventually } from "./bench.ts";

const UID = "pager-sim";
const MESSAGES = 1_000;
const MESSAGE_BYTES = 200;
const RECONNECTS = 100;
const OWN_RECONNECTS = 20;
const COLLECTIONS = 8;
const COLLECTION_MS = 500;

/** At message 100 the list of names that detects duplicates is not full yet. Each name is a string of at most 32 bytes. */
const STILL_FILLING_BYTES = 32 * (INBOX_RECORDS_MAX + DUPLICATE_WINDOW_MAX - 100);

/** The index of the inbox still grows by blocks, and so do the records of names. Each takes a typed array and its buffer. */
const STILL_FILLING_SLOTS = 8 * Math.ceil((INBOX_RECORDS_MAX + DUPLICATE_WINDOW_MAX - 100) / 32);

/** The inbox and the names of the messages that it has dropped are full then. Each reconnect takes some messages. */
const FULL_AT = 50 * Math.ceil((INBOX_RECORDS_MAX + DUPLICATE_WINDOW_MAX) / 50);

/**
 * From then on nothing grows. There may be one timer more or less, and a text of the log may have a digit more. A slot or a text lost
 * at one reconnect in ten would exceed this.
 */
const GROWTH_BYTES_MAX = 64;
const GROWTH_SLOTS_MAX = 4;

/** Until the log is full it grows with each connection. Each line is a string and an item of an array, which have heads. */
const LOG_BYTES_MAX = LOG_CHARACTERS_MAX + 56 * LOG_LINES_MAX;

const openssl = findProgram("openssl");
const isReady =
  requireOrSkip("mosquitto", findMosquitto() !== undefined) && requireOrSkip("openssl", openssl !== undefined);

/** It may stand anywhere in a line: the SDK's message about a failed write has no end of line. */
const LOST = /disconnected: /;

/** Each identity has its own listener. The last listener asks for a certificate of the pager. */
const IDENTITIES = ["server", "expired", "otherName", "unknown", "selfSigned"] as const;
type Name = (typeof IDENTITIES)[number];

describe.runIf(isReady)("the simulated pager over TLS", () => {
  let certificates: Certificates;
  let clients: ReturnType<typeof makeClients>;
  let broker: Mosquitto;
  let bench: Bench;

  beforeAll(async () => {
    certificates = makeCertificates(openssl as string);
    const lines = ({ certificate, key }: Identity) => [`certfile ${certificate}`, `keyfile ${key}`];
    clients = makeClients();
    broker = await startMosquitto({
      listeners: [
        ...IDENTITIES.map((name) => lines(certificates[name])),
        [...lines(certificates.server), `cafile ${clients.authorityFile}`, "require_certificate true"],
      ],
    });
  });

  afterAll(async () => {
    await broker?.stop();
    clients?.remove();
    certificates?.remove();
  });

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => bench.end());

  const portOf = (name: Name) => broker.further[IDENTITIES.indexOf(name)] as number;

  function launch(
    port: number,
    settings: Readonly<Record<string, string>> = {},
    program = process.env.FIELDPAGER_PROGRAM,
  ) {
    const all = {
      uid: UID,
      "broker.transport": "tls",
      "broker.port": port,
      "broker.ca": readFileSync(certificates.ca.certificate, "utf8"),
      "telemetry.interval": 0,
      "screen.dwell": 0,
      ...settings,
    };
    return bench.launch(program, all);
  }

  const lost = (simulator: LaunchedSimulator) => simulator.lines.filter((line) => LOST.test(line)).length;

  /** The most that is free after several collections. Unfinished work, such as the end of a handshake, is over by then. */
  async function freeOf(simulator: LaunchedSimulator): Promise<FreeMemory> {
    const free: FreeMemory[] = [];
    for (let count = 0; count < COLLECTIONS; count += 1) {
      free.push(await simulator.collect());
      await new Promise((resolve) => setTimeout(resolve, COLLECTION_MS));
    }
    return free.reduce((most, each) => (each.slots > most.slots ? each : most));
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
    expect(connectionsOf(simulator)).toBe(0);
    expect(await simulator.stop()).toBe(0);
  });

  describe("at a broker that asks for a certificate", () => {
    const portOfAsking = () => broker.further[IDENTITIES.length] as number;
    const own = ({ certificate, key }: { readonly certificate: string; readonly key: string }) => ({
      "broker.certificate": certificate,
      "broker.key": key,
    });

    it.each([
      ["ec", "a key on P-256"],
      ["ecSec1", "a key on P-256 in SEC 1"],
      ["ec384", "a key on P-384"],
      ["rsa", "a key of RSA"],
      ["rsaPkcs1", "a key of RSA in PKCS #1"],
      ["intermediate", "a certificate that needs another one beside it"],
    ] as const)("is let in with %s: %s", async (name, _what) => {
      const proxy = await CuttingProxy.start(portOfAsking());
      bench.add(() => proxy.stop());
      const simulator = launch(proxy.port, own(clients[name]));
      await eventually(() => expect(simulator.lines.join("\n")).toContain("connected to"));
      // The second connection must prove the certificate again.
      proxy.cut();
      simulator.networkChanged();
      await eventually(() => expect(connectionsOf(simulator)).toBe(2));
      expect(await simulator.stop()).toBe(0);
    });

    it.each([
      ["none", () => ({}), "disconnected: TLS: the broker ended it: "],
      ["one of a stranger", () => own(clients.strange), "disconnected: TLS: the broker ended it: it does not know who"],
      [
        "one that has expired",
        () => own(clients.expired),
        "disconnected: TLS: the broker ended it: our certificate has expired",
      ],
      [
        "the key of another one",
        () => own({ ...clients.ec, key: clients.rsa.key }),
        "setting broker.key: is not the key of broker.certificate",
      ],
      [
        "the key of another one on its curve",
        () => own({ ...clients.ec, key: clients.strange.key }),
        "setting broker.key: is not the key of",
      ],
    ] as const)("with %s says why it is not let in", async (_what, settings, said) => {
      const simulator = launch(portOfAsking(), settings());
      await eventually(() => expect(simulator.lines.join("\n")).toContain(said));
      expect(connectionsOf(simulator)).toBe(0);
      const { key } = clients.ec;
      expect(simulator.lines.join("\n")).not.toContain(key.split("\n")[1]);
    });
  });

  it.each(allowedPrograms())(
    `takes ${MESSAGES} messages and ${RECONNECTS} reconnects in the memory of $boards, and does not grow`,
    { timeout: 400_000 },
    async ({ program }) => {
      const proxy = await CuttingProxy.start(portOf("server"));
      bench.add(() => proxy.stop());
      const sender = await bench.sender(broker.port, UID);
      const simulator = launch(proxy.port, {}, program);
      await eventually(() => expect(connectionsOf(simulator)).toBe(1));
      const head = encodePush("sender-1", { id: "p1000", text: "" }).length;
      const batch = MESSAGES / RECONNECTS;
      const free: FreeMemory[] = [];
      for (let sent = 0; sent < MESSAGES; ) {
        const pushes: Promise<void>[] = [];
        for (const end = sent + batch; sent < end; sent += 1)
          pushes.push(sender.push(UID, { id: `p${sent + 1}`.padEnd(5), text: "x".repeat(MESSAGE_BYTES - head) }));
        const before = connectionsOf(simulator);
        await Promise.all(pushes);
        proxy.cut();
        await eventually(() => expect(lost(simulator)).toBe(before));
        simulator.networkChanged();
        await eventually(() => expect(connectionsOf(simulator)).toBe(before + 1));
        await eventually(() => expect(sender.countOf("shown")).toBe(sent));
        if (sent === 100 || sent === FULL_AT || sent === MESSAGES) free.push(await freeOf(simulator));
      }
      expect(sender.countOf("stored")).toBe(MESSAGES);
      process.stdout.write(`free after messages 100, ${FULL_AT} and ${MESSAGES}: ${JSON.stringify(free)}\n`);
      const [early, full, late] = free as [FreeMemory, FreeMemory, FreeMemory];
      expect(early.chunkBytes - late.chunkBytes).toBeLessThanOrEqual(STILL_FILLING_BYTES);
      expect(full.chunkBytes - late.chunkBytes).toBeLessThanOrEqual(GROWTH_BYTES_MAX);
      expect(early.slots - late.slots).toBeLessThanOrEqual(STILL_FILLING_SLOTS + GROWTH_SLOTS_MAX);
      expect(full.slots - late.slots).toBeLessThanOrEqual(GROWTH_SLOTS_MAX);
      expect(await simulator.stop()).toBe(0);
    },
  );

  it.each(allowedPrograms().flatMap((allowed) => (["no", "ec", "rsa"] as const).map((name) => ({ ...allowed, name }))))(
    `has room for $name certificate of its own in the memory of $boards, with ${OWN_RECONNECTS} reconnects`,
    async ({ name, program }) => {
      const isOwn = name !== "no";
      const proxy = await CuttingProxy.start(isOwn ? (broker.further[IDENTITIES.length] as number) : portOf("server"));
      bench.add(() => proxy.stop());
      const own: Record<string, string> = isOwn
        ? { "broker.certificate": clients[name].certificate, "broker.key": clients[name].key }
        : {};
      const simulator = launch(proxy.port, own, program);
      const free: FreeMemory[] = [];
      for (let count = 1; count <= OWN_RECONNECTS; count += 1) {
        await eventually(() => expect(connectionsOf(simulator)).toBe(count));
        if (count === 2 || count === OWN_RECONNECTS) free.push(await freeOf(simulator));
        proxy.cut();
        await eventually(() => expect(lost(simulator)).toBe(count));
        simulator.networkChanged();
      }
      process.stdout.write(
        `free with ${name} certificate, after 2 and ${OWN_RECONNECTS} connections: ${JSON.stringify(free)}\n`,
      );
      const [early, late] = free as [FreeMemory, FreeMemory];
      expect(early.chunkBytes - late.chunkBytes).toBeLessThanOrEqual(LOG_BYTES_MAX + GROWTH_BYTES_MAX);
      // Less than one slot at each reconnect.
      expect(early.slots - late.slots).toBeLessThan(OWN_RECONNECTS - 2);
      expect(await simulator.stop()).toBe(0);
    },
  );
});

/** Certificates of the pager, as text for its settings: a good one for each kind of key, and bad ones. */
function makeClients() {
  const folder = mkdtempSync(join(tmpdir(), "fieldpager-clients-"));
  const root = makeIdentity({ name: "clients' authority", extensions: [authority()] });
  const between = makeIdentity({ name: "between", by: root, extensions: [authority()] });
  const authorityFile = join(folder, "authority.pem");
  writeFileSync(authorityFile, root.certificate);
  const client = (wanted: Partial<Wanted> = {}, form?: KeyForm) => {
    const identity = makeIdentity({ name: "client", by: root, extensions: [extendedKeyUsage(FOR_CLIENTS)], ...wanted });
    return { certificate: identity.certificate, key: keyPem(identity, form) };
  };
  const further = client({ by: between });
  return {
    authorityFile,
    remove: () => rmSync(folder, { recursive: true, force: true }),
    ec: client(),
    ecSec1: client({}, "sec1"),
    ec384: client({ key: "P-384" }),
    rsa: client({ key: "RSA" }),
    rsaPkcs1: client({ key: "RSA" }, "pkcs1"),
    intermediate: { ...further, certificate: further.certificate + between.certificate },
    strange: client({ by: makeIdentity({ name: "nobody", extensions: [authority()] }) }),
    expired: client({ validDays: [-3, -1] }),
  };
}
