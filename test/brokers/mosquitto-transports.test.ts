import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Certificates, makeCertificates } from "../certificates.ts";
import { requireOrSkip } from "../require.ts";
import { CuttingProxy } from "./cutting-proxy.ts";
import { findMosquitto, type Mosquitto, startMosquitto } from "./mosquitto.ts";
import { pushThroughCuts } from "./push-through-cuts.ts";
import { findProgram } from "./server-process.ts";
import { TestPager } from "./test-pager.ts";
import { TestSender } from "./test-sender.ts";

const PUSHES = 60;
const CUTS = 12;
/** A cut comes after at most so many bytes. Some cuts fall into the TLS handshake. */
const CUT_BYTES_MAX = 2_500;

const openssl = findProgram("openssl");
const isReady =
  requireOrSkip("mosquitto", findMosquitto() !== undefined) && requireOrSkip("openssl", openssl !== undefined);

/** The listeners beside TCP, by their place in the configuration. */
const LISTENERS = { tls: 0, mutual: 1, ws: 2, wss: 3 } as const;
type Listener = keyof typeof LISTENERS;

const ROWS: [listener: Listener, protocol: "3.1.1" | "5"][] = [
  ["tls", "3.1.1"],
  ["tls", "5"],
  ["mutual", "5"],
  ["ws", "3.1.1"],
  ["ws", "5"],
  ["wss", "3.1.1"],
  ["wss", "5"],
];

describe.runIf(isReady)("mosquitto over other transports", () => {
  let certificates: Certificates;
  let broker: Mosquitto;
  let proxy: CuttingProxy | undefined;
  let count = 0;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    certificates = makeCertificates(openssl as string);
    const { ca, server } = certificates;
    const tls = [`certfile ${server.certificate}`, `keyfile ${server.key}`];
    // Without socket_domain a WebSocket listener would be open to the network.
    const webSocket = ["protocol websockets", "socket_domain ipv4"];
    broker = await startMosquitto({
      listeners: [
        tls,
        [...tls, `cafile ${ca.certificate}`, "require_certificate true"],
        webSocket,
        [...tls, ...webSocket],
      ],
    });
  });

  afterAll(async () => {
    await broker?.stop();
    certificates?.remove();
  });

  beforeEach(() => {
    count += 1;
  });

  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  const settingsOf = (listener: Listener) => {
    const transport = listener === "mutual" ? "tls" : listener;
    if (transport === "ws") return { "broker.transport": transport };
    const { ca, client } = certificates;
    const own = { "broker.certificate": client.certificate, "broker.key": client.key };
    return { "broker.transport": transport, "broker.ca": ca.certificate, ...(listener === "mutual" ? own : {}) };
  };

  const startPager = (port: number, settings: Record<string, unknown>) => {
    const pager = new TestPager({ port, eager: true, settings: { uid: `pager-${count}`, ...settings } });
    stops.push(() => pager.stop());
    return pager;
  };

  it.each(ROWS)(
    `%s, MQTT %s: shows ${PUSHES} pushes, each once, while cut ${CUTS} times`,
    async (listener, protocol) => {
      const uid = `pager-${count}`;
      const seed = Number(process.env.FIELDPAGER_SEED ?? Math.floor(Math.random() * 2 ** 31));
      proxy = await CuttingProxy.start(broker.further[LISTENERS[listener]] as number);
      stops.push(async () => proxy?.stop());
      const sender = await TestSender.connect(broker.port, uid, { uid: `sender-of-${uid}` });
      stops.push(() => sender.stop());
      const pager = startPager(proxy.port, { ...settingsOf(listener), "broker.protocol": protocol });
      await vi.waitFor(() => expect(sender.presence).toHaveLength(1), { timeout: 10_000, interval: 10 });
      await pushThroughCuts({
        proxy,
        sender,
        pager,
        uid,
        seed,
        pushes: PUSHES,
        cuts: CUTS,
        cutBytesMax: CUT_BYTES_MAX,
      });
    },
  );

  it.each([
    ["no certificate", undefined, /asks for a certificate of ours/],
    ["a certificate of a stranger", "strangeClient", /does not know the authority of our certificate/],
  ] as const)("is told why it was refused with %s", async (_what, name, expected) => {
    const own = name && certificates[name];
    const pager = startPager(broker.further[LISTENERS.mutual] as number, {
      ...settingsOf("tls"),
      ...(own ? { "broker.certificate": own.certificate, "broker.key": own.key } : {}),
    });
    await vi.waitFor(() => expect(pager.logs.join("\n")).toMatch(expected), { timeout: 10_000, interval: 10 });
    expect(pager.logs.join("\n")).not.toContain("connected to");
  });

  it("never connects to a broker whose certificate has another name, however often it tries", async () => {
    const settings = { ...settingsOf("tls"), "broker.serverName": "other.example" };
    const pager = startPager(broker.further[LISTENERS.tls] as number, settings);
    const refused = "is for IP Address:127.0.0.1, DNS:localhost, not for other.example";
    const refusals = () => pager.logs.filter((line) => line.includes(refused));
    await vi.waitFor(() => expect(refusals().length).toBeGreaterThan(2), { timeout: 10_000, interval: 10 });
    expect(pager.logs.join("\n")).not.toContain("connected to");
  });
});
