/** Node's TLS, which is OpenSSL's, with the same hostile servers and bad certificates as a device's. */
import { once } from "node:events";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { openTls } from "../../../hosts/node/tls-transport.ts";
import { openWebSocket } from "../../../hosts/node/ws-transport.ts";
import { parseSettings } from "../../../src/gateway/settings.ts";
import { makeCertificateCases } from "../../certificate-cases.ts";
import { HOSTILE_HANDSHAKES } from "../../hostile-handshakes.ts";
import { HOSTILE_RECORDS } from "../../hostile-records.ts";
import { ScriptedTls } from "../../scripted-tls.ts";
import { keyPem } from "../../x509-maker.ts";
import { until } from "../station/harness.ts";

/** With this OpenSSL lets a server use weak certificates. */
const WEAK = "DEFAULT@SECLEVEL=0";

const { ca, cases } = makeCertificateCases();
const good = cases[0]?.chain ?? [];
const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

interface Outcome {
  readonly isConnected: boolean;
  readonly received: string;
  readonly reason: string;
  readonly isRefusal: boolean;
}

/** Connects, and sends some bytes when the connection is open. Returns how it ended, or what it received. */
async function outcome(transport: "tls" | "wss", port: number, isDone: () => boolean = () => false): Promise<Outcome> {
  const parsed = parseSettings({ "broker.transport": transport, "broker.port": port, "broker.ca": ca });
  if ("errors" in parsed) throw new Error(parsed.errors.join());
  const told = { isConnected: false, received: "", reason: "", isRefusal: false };
  const open = transport === "tls" ? openTls : openWebSocket;
  const opened = open(parsed.settings.broker, {
    onConnected: () => {
      told.isConnected = true;
      opened.write(Buffer.from("MQTT"));
    },
    onBytes: (bytes) => {
      told.received += Buffer.from(bytes).toString("latin1");
    },
    onClosed: (reason, isRefusal = false) => Object.assign(told, { reason, isRefusal }),
  });
  await until("an end", () => told.reason !== "" || told.received !== "" || isDone());
  opened.close();
  await opened.closed;
  return told;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => server.close());
  return (server.address() as { port: number }).port;
}

describe("over tls", () => {
  it.each([...HOSTILE_HANDSHAKES, ...HOSTILE_RECORDS])("a server that $what", async ({ play, saidOnNode }) => {
    let server: ScriptedTls | undefined;
    let error: unknown;
    let isPlayed = false;
    const port = await listening(
      createServer((socket) => {
        const mine = new ScriptedTls(socket, good);
        server = mine;
        void (async () => play(mine))()
          .catch((thrown) => {
            error = thrown;
          })
          .finally(() => {
            isPlayed = true;
          });
      }),
    );
    // In some cases OpenSSL waits for more. Nothing must have reached the client then.
    const told = await outcome("tls", port, () => saidOnNode === "waits" && isPlayed);
    expect(error).toBeUndefined();
    if (saidOnNode === "waits") expect(told.reason).toBe("");
    else expect(told.reason).toMatch(saidOnNode ?? /./);
    expect(told.received).toBe("");
    expect(server?.received.includes("MQTT")).toBe(false);
  });
});

describe.each(["tls", "wss"] as const)("over %s", (transport) => {
  it.each(cases)("a certificate that is $what", async ({ chain, saidOnNode }) => {
    const [leaf] = chain;
    if (!leaf) throw new Error("a case without a certificate");
    const identity = { cert: chain.map(({ certificate }) => certificate).join(""), key: keyPem(leaf), ciphers: WEAK };
    let received = 0;
    let server: Server;
    if (transport === "tls") {
      server = createTlsServer(identity, (socket) => {
        socket
          .on("error", () => {})
          .on("data", (bytes) => {
            received += bytes.length;
            socket.write(bytes);
          });
      });
    } else {
      const web = createHttpsServer(identity);
      new WebSocketServer({ server: web }).on("connection", (socket) => {
        socket
          .on("error", () => {})
          .on("message", (data: Buffer) => {
            received += data.length;
            socket.send(data, { binary: true });
          });
      });
      server = web;
    }
    const told = await outcome(transport, await listening(server.on("tlsClientError", () => {})));
    if (saidOnNode) {
      expect(told.reason).toMatch(saidOnNode);
      expect(told.reason).toMatch(/^the broker/);
      expect(told).toMatchObject({ isConnected: false, isRefusal: true });
      expect(received).toBe(0);
    } else expect(told).toMatchObject({ isConnected: true, received: "MQTT" });
  });
});
