import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Server } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { MemoryStore } from "../../../hosts/common/memory-store.ts";
import { SettingsError, startPager } from "../../../hosts/node/pager.ts";
import { openTls } from "../../../hosts/node/tls-transport.ts";
import { openWebSocket } from "../../../hosts/node/ws-transport.ts";
import { parseSettings } from "../../../src/gateway/settings.ts";
import { findProgram } from "../../brokers/server-process.ts";
import { type Certificates, type Identity, makeCertificates, textOf } from "../../certificates.ts";
import { requireOrSkip } from "../../require.ts";
import { until } from "../station/harness.ts";

const openssl = findProgram("openssl");
const ends: (() => void)[] = [];
let certificates: Certificates;

type Settings = Readonly<Record<string, string>>;
/** A setting whose value is a file is given as the identity that has the file. */
type Case = [
  what: string,
  server: Exclude<keyof Certificates, "remove">,
  settings: (made: Certificates) => Settings,
  told: RegExp,
];

const CONNECTED = /^connected$/;
const CASES: Case[] = [
  ["believes an authority from a file", "server", (made) => ({ "broker.ca": made.ca.certificate }), CONNECTED],
  ["believes an authority from PEM", "server", (made) => ({ "broker.ca": textOf(made.ca).cert }), CONNECTED],
  [
    "compares the name that it was told",
    "otherName",
    (made) => ({ "broker.ca": made.ca.certificate, "broker.serverName": "other.example" }),
    CONNECTED,
  ],
  [
    "believes a self-signed certificate that it was given",
    "selfSigned",
    (made) => ({ "broker.ca": made.selfSigned.certificate }),
    CONNECTED,
  ],
  ["believes anything when it is told to", "selfSigned", () => ({ "broker.insecure": "yes" }), CONNECTED],
  [
    "refuses an expired certificate",
    "expired",
    (made) => ({ "broker.ca": made.ca.certificate }),
    /^closed: the broker's certificate has expired \(CERT_HAS_EXPIRED\)$/,
  ],
  [
    "refuses a certificate of another name",
    "otherName",
    (made) => ({ "broker.ca": made.ca.certificate }),
    /^closed: the broker's certificate is for DNS:other\.example, not for 127\.0\.0\.1 /,
  ],
  [
    "refuses a certificate of an unknown authority",
    "unknown",
    (made) => ({ "broker.ca": made.ca.certificate }),
    /^closed: the broker's certificate comes from an authority that is not known here/,
  ],
  [
    "refuses a private authority that it was not told of",
    "server",
    () => ({}),
    /^closed: the broker's certificate comes from an authority that is not known here/,
  ],
  [
    "refuses a self-signed certificate",
    "selfSigned",
    (made) => ({ "broker.ca": made.ca.certificate }),
    /^closed: the broker's certificate is self-signed and not known here/,
  ],
];

function brokerAt(port: number, settings: Settings) {
  const parsed = parseSettings({ "broker.port": port, ...settings });
  if ("errors" in parsed) throw new Error(parsed.errors.join());
  return parsed.settings.broker;
}

/** Opens a transport and waits for its first event. The echo of the peer proves that it is open. */
async function outcome(transport: "tls" | "wss", port: number, settings: Settings): Promise<string> {
  const told: string[] = [];
  const received: number[] = [];
  const open = transport === "tls" ? openTls : openWebSocket;
  const opened = open(brokerAt(port, { "broker.transport": transport, ...settings }), {
    onConnected: () => {
      opened.write(Uint8Array.from([1, 2, 3]));
    },
    onBytes: (bytes) => received.push(...bytes),
    onClosed: (reason) => told.push(`closed: ${reason}`),
  });
  await until("an answer", () => told.length > 0 || received.length === 3);
  opened.close();
  await opened.closed;
  return told[0] ?? "connected";
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => server.close());
  return (server.address() as { port: number }).port;
}

/** A peer that sends back what it gets, and counts it. */
async function echoPeer(transport: "tls" | "wss", identity: Identity, options: TlsOptions = {}) {
  const counted = { bytes: 0 };
  const tls = { ...textOf(identity), ...options };
  if (transport === "tls") {
    const server = createTlsServer(tls, (socket) => {
      socket
        .on("error", () => {})
        .on("data", (bytes) => {
          counted.bytes += bytes.length;
          socket.write(bytes);
        });
    });
    return { port: await listening(server.on("tlsClientError", () => {})), counted };
  }
  const server = createHttpsServer(tls);
  new WebSocketServer({ server }).on("connection", (socket) => {
    socket
      .on("error", () => {})
      .on("message", (data: Buffer) => {
        counted.bytes += data.length;
        socket.send(data, { binary: true });
      });
  });
  return { port: await listening(server), counted };
}

describe.runIf(requireOrSkip("openssl", openssl !== undefined))("TLS", () => {
  beforeAll(() => {
    certificates = makeCertificates(openssl as string);
  });
  afterAll(() => certificates?.remove());
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  describe.each(["tls", "wss"] as const)("%s", (transport) => {
    it.each(CASES)("%s", async (_what, server, settings, told) => {
      const peer = await echoPeer(transport, certificates[server]);
      expect(await outcome(transport, peer.port, settings(certificates))).toMatch(told);
      if (told !== CONNECTED) expect(peer.counted.bytes).toBe(0);
    });

    it("sends its own certificate if the broker asks for one", async () => {
      const peer = await echoPeer(transport, certificates.server, {
        ca: textOf(certificates.ca).cert,
        requestCert: true,
        rejectUnauthorized: true,
      });
      const ca = { "broker.ca": certificates.ca.certificate };
      const own = ({ certificate, key }: Identity) => ({ ...ca, "broker.certificate": certificate, "broker.key": key });
      expect(await outcome(transport, peer.port, own(certificates.client))).toMatch(CONNECTED);
      expect(peer.counted.bytes).toBe(3);
      expect(await outcome(transport, peer.port, ca)).toMatch(/^closed: the broker asks for a certificate of ours/);
      expect(await outcome(transport, peer.port, own(certificates.strangeClient))).toMatch(/^closed: /);
      expect(peer.counted.bytes).toBe(3);
    });

    it("says that there is no TLS at a port, and sends nothing without it", async () => {
      let received = "";
      const server = createTcpServer((socket) => {
        socket
          .on("error", () => {})
          .on("data", (bytes) => {
            received += bytes.toString("latin1");
            socket.end("this is no TLS");
          });
      });
      const told = await outcome(transport, await listening(server), {});
      expect(told).toMatch(/^closed: there is no TLS at this port/);
      // It is a handshake record, not MQTT.
      expect(received.charCodeAt(0)).toBe(0x16);
    });
  });

  it("names the setting whose file cannot be read or used, before it connects", () => {
    const start = (settings: Settings) => () =>
      startPager({ settings: { "broker.transport": "tls", ...settings }, store: new MemoryStore() });
    const { ca, client, server } = certificates;
    expect(start({ "broker.ca": "/no/such/file" })).toThrow(/broker\.ca: expected PEM or a file .*ENOENT/);
    expect(start({ "broker.ca": ca.key })).toThrow(/^setting broker\.ca: cannot be used/);
    expect(start({ "broker.certificate": client.certificate, "broker.key": client.certificate })).toThrow(
      SettingsError,
    );
    expect(start({ "broker.certificate": client.certificate, "broker.key": server.key })).toThrow(
      /broker\.key and broker\.certificate: cannot be used/,
    );
  });

  it("warns at every connect without a check", async () => {
    const peer = await echoPeer("tls", certificates.selfSigned);
    const logs: string[] = [];
    const pager = startPager({
      settings: { "broker.transport": "tls", "broker.port": peer.port, "broker.insecure": "yes" },
      store: new MemoryStore(),
      onLog: (line) => logs.push(line),
    });
    // The peer's echo is no valid answer, so the pager connects again.
    await until("two connects", () => logs.filter((line) => line.startsWith("warning: broker.insecure")).length === 2);
    await pager.stop();
  });
});
