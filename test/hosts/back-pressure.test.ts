/** More unseen pages come than the inbox holds. The rest waits at the broker. The sockets are real, the time is virtual. */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import mqttPacket, { type Packet } from "mqtt-packet";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createWebSocketStream, WebSocket, WebSocketServer } from "ws";
import { openWebSocket as openPage } from "../../hosts/browser/ws-transport.ts";
import { MemoryStore } from "../../hosts/common/memory-store.ts";
import { openTcp } from "../../hosts/node/tcp-transport.ts";
import { openTls } from "../../hosts/node/tls-transport.ts";
import { openWebSocket } from "../../hosts/node/ws-transport.ts";
import { Runner } from "../../hosts/runner.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { parseSettings } from "../../src/gateway/settings.ts";
import { INBOX_RECORDS_MAX } from "../../src/limits.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import { findProgram } from "../brokers/server-process.ts";
import { type Certificates, makeCertificates, textOf } from "../certificates.ts";
import { requireOrSkip } from "../require.ts";
import { until } from "./station/harness.ts";

const OPENERS = { tcp: openTcp, tls: openTls, ws: openWebSocket, page: openPage };
type Kind = keyof typeof OPENERS;

const PAGES = 2 * INBOX_RECORDS_MAX;
const PAGE_BYTES = 150;
const STEP_MS = 500;

const openssl = findProgram("openssl");
const ends: (() => void)[] = [];
let certificates: Certificates;

afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
  vi.unstubAllGlobals();
});

/** Bytes that were sent, and bytes that have arrived, in both directions. */
interface Traffic {
  toPager: number;
  atPager: number;
  toBroker: number;
  atBroker: number;
}

/** A broker that sends all pages at once as soon as the pager has subscribed. */
async function pagingBroker(kind: Kind, traffic: Traffic): Promise<number> {
  const serve = (stream: NodeJS.ReadWriteStream) => {
    const parser = mqttPacket.parser();
    const write = (bytes: Buffer) => {
      traffic.toPager += bytes.length;
      stream.write(bytes);
    };
    const send = (packet: Packet) => write(mqttPacket.generate(packet));
    parser.on("packet", (packet) => {
      if (packet.cmd === "connect") send({ cmd: "connack", returnCode: 0, sessionPresent: false });
      if (packet.cmd === "publish") send({ cmd: "puback", messageId: packet.messageId ?? 0 });
      if (packet.cmd === "pingreq") send({ cmd: "pingresp" });
      if (packet.cmd !== "subscribe") return;
      const granted = packet.subscriptions.map(() => 1);
      const page = (number: number) => ({
        ...{ cmd: "publish" as const, topic: "/field/page/p1", qos: 0 as const, dup: false, retain: false },
        payload: `mark${number} `.padEnd(PAGE_BYTES, "x"),
      });
      const pages = Array.from({ length: PAGES }, (_, number) => mqttPacket.generate(page(number)));
      const suback = mqttPacket.generate({ cmd: "suback", messageId: packet.messageId ?? 0, granted });
      write(Buffer.concat([suback, ...pages]));
    });
    stream.on("error", () => {});
    stream.on("data", (bytes: Buffer) => {
      parser.parse(bytes);
      traffic.atBroker += bytes.length;
    });
  };
  if (kind === "ws" || kind === "page") {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => "mqtt" });
    server.on("connection", (socket) => serve(createWebSocketStream(socket)));
    await new Promise((resolve) => server.once("listening", resolve));
    ends.push(() => server.close());
    return (server.address() as { port: number }).port;
  }
  const sockets: Socket[] = [];
  const accept = (socket: Socket) => {
    sockets.push(socket);
    serve(socket);
  };
  const server: Server = kind === "tls" ? createTlsServer(textOf(certificates.server), accept) : createServer(accept);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

/** The runner of all hosts, with a clock that the test moves and a screen that it reads. */
function pager(kind: Kind, port: number, traffic: Traffic) {
  const parsed = parseSettings({
    uid: "p1",
    "broker.transport": kind === "page" ? "ws" : kind,
    "broker.host": "127.0.0.1",
    "broker.port": port,
    "broker.protocol": "3.1.1",
    ...(kind === "tls" ? { "broker.ca": certificates.ca.certificate, "broker.serverName": "localhost" } : {}),
    "telemetry.interval": 0,
    "screen.dwell": STEP_MS,
  });
  if ("errors" in parsed) throw new Error(parsed.errors.join());
  const lines: string[] = [];
  const seen = new Set<string>();
  let nowMs = 0;
  let wakeMs = Number.POSITIVE_INFINITY;
  let wake = () => {};
  const gateway = new Gateway({
    settings: parsed.settings,
    store: new MemoryStore(),
    random: () => 0.5,
    wallClock: () => undefined,
    measureText: (_font, text) => text.length * 9,
    size: { width: 320, height: 240 },
    sensors: [],
  });
  const runner = new Runner(gateway, {
    nowMs: () => nowMs,
    setTimer: (delayMs, callback) => {
      wakeMs = delayMs === undefined ? Number.POSITIVE_INFINITY : nowMs + delayMs;
      wake = callback;
    },
    openTransport: (broker, handlers) => {
      const onBytes = (bytes: Uint8Array) => {
        traffic.atPager += bytes.length;
        handlers.onBytes(bytes);
      };
      const transport = OPENERS[kind](broker, { ...handlers, onBytes });
      const write = (bytes: Uint8Array) => {
        traffic.toBroker += bytes.length;
        transport.write(bytes);
      };
      return { ...transport, write };
    },
    paint: (drawList) => {
      const [mark] = /mark\d+/.exec(screenText(drawList).join(" ")) ?? [];
      if (mark) seen.add(mark);
      return true;
    },
    alert: () => {},
    restart: () => {},
    // The first line says why the pager started. All others are about the connection.
    log: (line) => {
      if (!line.startsWith("started: ")) lines.push(line);
    },
  });
  runner.start();
  ends.push(() => runner.stop());
  const pass = (ms: number) => {
    const untilMs = nowMs + ms;
    while (wakeMs <= untilMs) {
      nowMs = wakeMs;
      wake();
    }
    nowMs = untilMs;
  };
  return { gateway, lines, seen, pass };
}

async function expectAllShown(kind: Kind): Promise<void> {
  const traffic: Traffic = { toPager: 0, atPager: 0, toBroker: 0, atBroker: 0 };
  const { gateway, lines, seen, pass } = pager(kind, await pagingBroker(kind, traffic), traffic);
  await until("pages that have no room", () => !gateway.canReceive || lines.length > 1);
  expect(seen.size).toBeLessThanOrEqual(1);
  for (let step = 0; step < 2 * PAGES && seen.size < PAGES; step += 1) {
    pass(STEP_MS);
    const isQuiet = () => traffic.atBroker === traffic.toBroker && traffic.atPager === traffic.toPager;
    await until("what is on the way", () => !gateway.canReceive || isQuiet() || lines.length > 1);
  }
  expect(lines).toEqual([expect.stringMatching(/^connected/)]);
  expect(seen.size).toBe(PAGES);
}

describe("pages that have no room", () => {
  it("stay in the socket: TCP", () => expectAllShown("tcp"));

  it("stay in the socket: WebSocket", () => expectAllShown("ws"));

  it("wait in memory in a browser, because a page cannot stop its WebSocket", async () => {
    vi.stubGlobal("WebSocket", WebSocket);
    vi.stubGlobal("location", { protocol: "http:" });
    await expectAllShown("page");
  });

  describe.runIf(requireOrSkip("openssl", openssl !== undefined))("with TLS", () => {
    beforeAll(() => {
      certificates = makeCertificates(openssl as string);
    });
    afterAll(() => certificates?.remove());

    it("stay in the socket", () => expectAllShown("tls"));
  });
});
