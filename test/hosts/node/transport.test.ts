import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { openTcp } from "../../../hosts/node/tcp-transport.ts";
import { openWebSocket } from "../../../hosts/node/ws-transport.ts";
import type { TransportHandlers } from "../../../hosts/runner.ts";
import { parseSettings } from "../../../src/gateway/settings.ts";
import { freePort } from "../../brokers/broker.ts";
import { until } from "../station/harness.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A peer of either kind that sends back all bytes and can hang up. */
interface Peer {
  readonly port: number;
  hangUp(): void;
}

async function tcpPeer(): Promise<Peer> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {}).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  ends.push(() => {
    hangUp();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, hangUp };
}

async function webSocketPeer(): Promise<Peer & { readonly protocols: string[]; sendText(): void }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  const sockets: WebSocket[] = [];
  const protocols: string[] = [];
  server.on("connection", (socket) => {
    sockets.push(socket);
    protocols.push(socket.protocol);
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const hangUp = () => {
    for (const socket of sockets) socket.terminate();
  };
  ends.push(() => {
    hangUp();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    hangUp,
    protocols,
    sendText: () => sockets[0]?.send("text"),
  };
}

/** Handlers that record their events. */
function notes() {
  const told: string[] = [];
  const received: number[] = [];
  const handlers: TransportHandlers = {
    onConnected: () => told.push("connected"),
    onBytes: (bytes) => received.push(...bytes),
    onClosed: (reason) => told.push(`closed: ${reason}`),
  };
  return { told, received, handlers };
}

function brokerAt(port: number, host = "127.0.0.1") {
  const parsed = parseSettings({ "broker.port": port, "broker.host": host });
  if ("errors" in parsed) throw new Error(parsed.errors.join());
  return parsed.settings.broker;
}

describe.each([
  ["TCP", openTcp, tcpPeer],
  ["WebSocket", openWebSocket, webSocketPeer],
] as const)("%s", (_name, open, makePeer) => {
  it("connects, sends the bytes as they were at the time of the call, and receives", async () => {
    const peer = await makePeer();
    const { told, received, handlers } = notes();
    const transport = open(brokerAt(peer.port), handlers);
    expect(told).toEqual([]);
    await until("connected", () => told.includes("connected"));
    const shared = Uint8Array.from([1, 2, 3]);
    transport.write(shared);
    shared.fill(9);
    await until("an echo", () => received.length === 3);
    expect(received).toEqual([1, 2, 3]);
    transport.close();
    await transport.closed;
    expect(told).toEqual(["connected"]);
  });

  it("reports once that the peer has hung up", async () => {
    const peer = await makePeer();
    const { told, handlers } = notes();
    const transport = open(brokerAt(peer.port), handlers);
    await until("connected", () => told.includes("connected"));
    peer.hangUp();
    await transport.closed;
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/^closed: ./);
    transport.write(Uint8Array.from([1]));
    transport.close();
  });

  it("reports a port where nobody listens, after the call has returned", async () => {
    const port = await freePort();
    const { told, handlers } = notes();
    const transport = open(brokerAt(port), handlers);
    expect(told).toEqual([]);
    await transport.closed;
    expect(told).toEqual([expect.stringMatching(/^closed: .*ECONNREFUSED/)]);
  });

  it("reports a name that cannot exist", async () => {
    const { told, handlers } = notes();
    await open({ ...brokerAt(1883), host: "no such host.invalid" }, handlers).closed;
    expect(told).toEqual([expect.stringMatching(/^closed: ./)]);
  });

  it("reports nothing after close, also while it connects", async () => {
    const peer = await makePeer();
    const { told, handlers } = notes();
    const transport = open(brokerAt(peer.port), handlers);
    transport.close();
    transport.close();
    await transport.closed;
    expect(told).toEqual([]);
  });
});

describe("MQTT over WebSocket", () => {
  it("asks for the subprotocol mqtt and refuses text", async () => {
    const peer = await webSocketPeer();
    const { told, received, handlers } = notes();
    const transport = openWebSocket(brokerAt(peer.port), handlers);
    await until("connected", () => told.includes("connected"));
    expect(peer.protocols).toEqual(["mqtt"]);
    peer.sendText();
    await transport.closed;
    expect(told[1]).toContain("MQTT-6.0.0-1");
    expect(received).toEqual([]);
  });
});
