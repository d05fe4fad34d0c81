/** A peer that stalls at each step of opening a connection. The sockets are real, the time is virtual. */
import dns from "node:dns";
import type { Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { openWebSocket as openPage } from "../../hosts/browser/ws-transport.ts";
import { MemoryStore } from "../../hosts/common/memory-store.ts";
import { openTcp } from "../../hosts/node/tcp-transport.ts";
import { openTls } from "../../hosts/node/tls-transport.ts";
import { openWebSocket } from "../../hosts/node/ws-transport.ts";
import { type Platform, Runner } from "../../hosts/runner.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { OpeningPhase } from "../../src/gateway/opening.ts";
import { parseSettings } from "../../src/gateway/settings.ts";
import {
  BACKOFF_BASE_MS,
  BACKOFF_MAX_MS,
  CONNECT_TIMEOUT_MS,
  PAGE_TIMEOUT_MS,
  RESOLVE_TIMEOUT_MS,
  TLS_TIMEOUT_MS,
  UPGRADE_TIMEOUT_MS,
} from "../../src/limits.ts";
import { findProgram } from "../brokers/server-process.ts";
import { type Certificates, makeCertificates, textOf } from "../certificates.ts";
import { FullListener } from "../full-listener.ts";
import { requireOrSkip } from "../require.ts";
import { until } from "./station/harness.ts";

const NAME = "broker.example";
const OPENERS = { tcp: openTcp, tls: openTls, ws: openWebSocket, wss: openWebSocket, page: openPage };
type Kind = keyof typeof OPENERS;

const TIMEOUTS: Readonly<Record<OpeningPhase, number>> = {
  resolve: RESOLVE_TIMEOUT_MS,
  connect: CONNECT_TIMEOUT_MS,
  tls: TLS_TIMEOUT_MS,
  upgrade: UPGRADE_TIMEOUT_MS,
  page: PAGE_TIMEOUT_MS,
};

const openssl = findProgram("openssl");
const ends: (() => void)[] = [];
let certificates: Certificates;

/** The runner of all hosts, with a clock that the test moves. */
class Pager {
  readonly phases: OpeningPhase[] = [];
  readonly lines: string[] = [];
  readonly #runner: Runner;
  #isOpen = false;
  #nowMs = 0;
  #wakeMs = Number.POSITIVE_INFINITY;
  #wake = () => {};

  constructor(kind: Kind, host: string, port: number) {
    const parsed = parseSettings({
      "broker.transport": kind === "page" ? "ws" : kind,
      "broker.host": host,
      "broker.port": port,
      ...(kind === "tls" || kind === "wss" ? { "broker.ca": certificates.ca.certificate } : {}),
      "broker.serverName": kind === "tls" || kind === "wss" ? "localhost" : "",
      "telemetry.interval": 0,
    });
    if ("errors" in parsed) throw new Error(parsed.errors.join());
    const { settings } = parsed;
    const platform: Platform = {
      nowMs: () => this.#nowMs,
      setTimer: (delayMs, callback) => {
        this.#wakeMs = delayMs === undefined ? Number.POSITIVE_INFINITY : this.#nowMs + delayMs;
        this.#wake = callback;
      },
      openTransport: (broker, handlers) => {
        this.phases.length = 0;
        this.#isOpen = false;
        return OPENERS[kind](broker, {
          ...handlers,
          onPhase: (phase) => {
            this.phases.push(phase);
            handlers.onPhase?.(phase);
          },
          onConnected: () => {
            this.#isOpen = true;
            handlers.onConnected();
          },
        });
      },
      paint: () => true,
      alert: () => {},
      restart: () => {},
      log: (line) => this.lines.push(line),
    };
    const size = { width: 0, height: 0 };
    const gateway = new Gateway({
      settings,
      store: new MemoryStore(),
      random: () => 0.5,
      wallClock: () => undefined,
      measureText: () => 0,
      size,
      sensors: [],
    });
    this.#runner = new Runner(gateway, platform);
    this.#runner.start();
    ends.push(() => this.#runner.stop());
  }

  get disconnections(): string[] {
    return this.lines.filter((line) => line.startsWith("disconnected"));
  }

  reaches(...phases: OpeningPhase[]): Promise<unknown> {
    return until(`${phases.join()} of ${this.phases.join()}`, () => this.phases.join() === phases.join());
  }

  opens(): Promise<unknown> {
    return until("an open connection", () => this.#isOpen);
  }

  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    while (this.#wakeMs <= untilMs) {
      this.#nowMs = this.#wakeMs;
      this.#wake();
    }
    this.#nowMs = untilMs;
  }
}

async function portOf(server: Server | HttpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

/** Accepts and counts connections. Does nothing with them until the test says so. */
async function holdingServer() {
  const held: Socket[] = [];
  const counted = { open: 0 };
  const server = createTcpServer((socket) => {
    held.push(socket);
    counted.open += 1;
    socket
      .on("error", () => {})
      .on("close", () => {
        counted.open -= 1;
      });
  });
  const port = await portOf(server);
  ends.push(() => {
    for (const socket of held) socket.destroy();
    server.close();
  });
  /** Reads from the connections, so that the server sees their end. */
  const watch = () => {
    for (const socket of held) socket.resume();
  };
  return { port, held, counted, watch };
}

/** A server that finishes the TLS handshake and then sends nothing. */
async function silentTlsServer(): Promise<number> {
  const server = createTlsServer(textOf(certificates.server), (socket) => socket.on("error", () => {}));
  server.on("tlsClientError", () => {});
  ends.push(() => server.close());
  return portOf(server);
}

/** Replaces the name server of this process. All questions wait for `answer`. */
function stubNameServer(): { answer(): void; readonly asked: string[] } {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const stub = (name: string, options: dns.LookupOptions, tell: (error: null, ...found: unknown[]) => void) => {
    asked.push(name);
    waiting.push(() => {
      if (options.all) tell(null, [{ address: "127.0.0.1", family: 4 }]);
      else tell(null, "127.0.0.1", 4);
    });
  };
  vi.spyOn(dns, "lookup").mockImplementation(stub as unknown as typeof dns.lookup);
  return {
    asked,
    answer: () => {
      for (const tell of waiting.splice(0)) tell();
    },
  };
}

/** One millisecond before the limit nothing is logged. At the limit the log names the step and the next attempt. */
async function expectGivenUp(pager: Pager, phase: OpeningPhase, words: string): Promise<void> {
  const limitMs = TIMEOUTS[phase];
  const before = pager.disconnections.length;
  pager.pass(limitMs - 1);
  expect(pager.disconnections).toHaveLength(before);
  pager.pass(1);
  expect(pager.disconnections.slice(before)).toEqual([
    expect.stringContaining(`disconnected: ${words} in ${limitMs / 1000} s; next attempt in `),
  ]);
}

describe.runIf(requireOrSkip("openssl", openssl !== undefined))("opening", () => {
  beforeAll(() => {
    certificates = makeCertificates(openssl as string);
  });
  afterAll(() => certificates?.remove());
  afterEach(() => {
    for (const end of ends.splice(0).reverse()) end();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  it.each(["tcp", "tls", "ws", "wss"] as const)("%s: a name server that never answers", async (kind) => {
    const { asked } = stubNameServer();
    const pager = new Pager(kind, NAME, 1883);
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await pager.reaches("resolve");
      await expectGivenUp(pager, "resolve", `no answer from DNS for ${NAME}`);
      pager.pass(BACKOFF_BASE_MS * attempt);
    }
    await until("a further question", () => asked.length === 3);
  });

  it.runIf(process.platform === "linux").each(["tcp", "tls", "ws", "wss"] as const)(
    "%s: a host that answers no connection",
    async (kind) => {
      const listener = await FullListener.start();
      ends.push(() => listener.stop());
      const pager = new Pager(kind, "127.0.0.1", listener.port);
      await pager.reaches("connect");
      await expectGivenUp(pager, "connect", `no connection to 127.0.0.1:${listener.port}`);
    },
  );

  it.each(["tls", "wss"] as const)("%s: a server that accepts and never answers in TLS", async (kind) => {
    const { port, counted, watch } = await holdingServer();
    const pager = new Pager(kind, "127.0.0.1", port);
    await pager.reaches("connect", "tls");
    await until("the server to know", () => counted.open === 1);
    await expectGivenUp(pager, "tls", `the TLS handshake with 127.0.0.1:${port} did not end`);
    watch();
    await until("no connection left", () => counted.open === 0);
  });

  it("ws: a server that accepts and never answers in HTTP", async () => {
    const { port } = await holdingServer();
    const pager = new Pager("ws", "127.0.0.1", port);
    await pager.reaches("connect", "upgrade");
    await expectGivenUp(pager, "upgrade", `no WebSocket from 127.0.0.1:${port}`);
  });

  it("wss: a server that ends the handshake and never answers in HTTP", async () => {
    const port = await silentTlsServer();
    const pager = new Pager("wss", "127.0.0.1", port);
    await pager.reaches("connect", "tls", "upgrade");
    await expectGivenUp(pager, "upgrade", `no WebSocket from 127.0.0.1:${port}`);
  });

  it("a page: one limit over all", async () => {
    vi.stubGlobal("WebSocket", WebSocket);
    vi.stubGlobal("location", { protocol: "http:" });
    const { port, counted, watch } = await holdingServer();
    const pager = new Pager("page", "127.0.0.1", port);
    await pager.reaches("page");
    await until("the server to know", () => counted.open === 1);
    await expectGivenUp(pager, "page", `no WebSocket to 127.0.0.1:${port}`);
    watch();
    await until("no connection left", () => counted.open === 0);
  });

  it("gives each step the whole of its time", async () => {
    const { port, held } = await holdingServer();
    // The stub comes after `listen`, which asks the name server too.
    const names = stubNameServer();
    const web = createHttpsServer(textOf(certificates.server));
    const upgrades: (() => void)[] = [];
    const sockets = new WebSocketServer({ noServer: true });
    web.on("upgrade", (request, socket, head) =>
      upgrades.push(() => sockets.handleUpgrade(request, socket, head, () => {})),
    );
    ends.push(() => sockets.close());
    const pager = new Pager("wss", NAME, port);
    await pager.reaches("resolve");
    pager.pass(RESOLVE_TIMEOUT_MS - 1);
    names.answer();
    await pager.reaches("resolve", "connect", "tls");
    await until("the server to know", () => held.length === 1);
    pager.pass(TLS_TIMEOUT_MS - 1);
    web.emit("connection", held[0]);
    await pager.reaches("resolve", "connect", "tls", "upgrade");
    await until("the request", () => upgrades.length === 1);
    pager.pass(UPGRADE_TIMEOUT_MS - 1);
    upgrades[0]?.();
    await pager.opens();
    expect(pager.disconnections).toEqual([]);
    pager.pass(UPGRADE_TIMEOUT_MS);
    expect(pager.disconnections).toEqual([]);
  });

  it("a certificate that is refused is tried again rarely, a server that hangs up soon", async () => {
    const bad = createTlsServer(textOf(certificates.expired)).on("tlsClientError", () => {});
    ends.push(() => bad.close());
    const pager = new Pager("tls", "127.0.0.1", await portOf(bad));
    await until("a refusal", () => pager.disconnections.length === 1);
    expect(pager.disconnections[0]).toContain(
      `has expired (CERT_HAS_EXPIRED); next attempt in ${BACKOFF_MAX_MS / 2_000}.0 s`,
    );
    const { port, held } = await holdingServer();
    const other = new Pager("tls", "127.0.0.1", port);
    await until("a connection", () => held.length === 1);
    held[0]?.destroy();
    await until("a disconnection", () => other.disconnections.length === 1);
    expect(other.disconnections[0]).toContain(`next attempt in ${(BACKOFF_BASE_MS / 2_000).toFixed(1)} s`);
  });
});
