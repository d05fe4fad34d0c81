/** The device's TLS in the XS engine meets hostile servers and bad certificates. After each one it meets a good broker. */
import { constants } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { BACKOFF_BASE_MS, CONNECT_TIMEOUT_MS, TLS_TIMEOUT_MS } from "../../../src/limits.ts";
import { findMosquitto, type Mosquitto, startMosquitto } from "../../brokers/mosquitto.ts";
import { makeCertificateCases } from "../../certificate-cases.ts";
import { FullListener } from "../../full-listener.ts";
import { HOSTILE_HANDSHAKES } from "../../hostile-handshakes.ts";
import { HOSTILE_RECORDS } from "../../hostile-records.ts";
import { requireOrSkip } from "../../require.ts";
import { RECORD, ScriptedTls } from "../../scripted-tls.ts";
import { alternativeNames, keyPem, makeIdentity } from "../../x509-maker.ts";
import { Bench, connectionsOf, eventually } from "./bench.ts";

/** CONNACK of MQTT 5 without properties. */
const CONNACK = Buffer.from("2003000000", "hex");

const { ca, cases } = makeCertificateCases();
const good = cases[0]?.chain ?? [];

/** A listener. The test plays the server on its connections. */
class Stage {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Called with each new connection. */
  play: (socket: Socket) => void = (socket) => socket.destroy();

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
      this.play(socket);
    });
  }

  async open(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as { port: number }).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

describe.runIf(requireOrSkip("mosquitto", findMosquitto() !== undefined))("the simulated pager", () => {
  let broker: Mosquitto;
  let device: Device;

  /** A simulator with a stage of its own. */
  class Device {
    readonly stage: Stage;
    readonly simulator: LaunchedSimulator;

    readonly #bench: Bench;

    private constructor(bench: Bench, stage: Stage, simulator: LaunchedSimulator) {
      this.#bench = bench;
      this.stage = stage;
      this.simulator = simulator;
    }

    static async start(name: string, own: Readonly<Record<string, string>> = {}): Promise<Device> {
      const bench = new Bench();
      const stage = new Stage();
      const port = await stage.open();
      bench.add(() => stage.close());
      const settings = {
        uid: name,
        "broker.transport": "tls",
        "broker.port": port,
        "broker.ca": ca,
        "telemetry.interval": 0,
        ...own,
      };
      return new Device(bench, stage, bench.launch(process.env.FIELDPAGER_PROGRAM, settings));
    }

    get connections(): number {
      return connectionsOf(this.simulator);
    }

    /** Waits for CONNACK only. The device sends fewer packets after it if the broker closes. */
    connects(): Promise<void> {
      const before = this.connections;
      return eventually(() => expect(this.connections).toBeGreaterThan(before));
    }

    get disconnections(): string[] {
      return this.simulator.lines.flatMap((line) => /^disconnected: (.*); next attempt in /.exec(line)?.[1] ?? []);
    }

    /** The waits that the device has logged, in seconds. */
    get waits(): number[] {
      return this.simulator.lines.flatMap((line) => {
        const [, seconds] = /; next attempt in ([\d.]+) s$/.exec(line) ?? [];
        return seconds === undefined ? [] : [Number(seconds)];
      });
    }

    /** Connects to the real broker, through a server with correct TLS. */
    async connect(): Promise<void> {
      const before = this.connections;
      this.stage.play = (socket) => void relay(socket, broker.port);
      this.simulator.networkChanged();
      await eventually(() => expect(this.connections).toBe(before + 1));
    }

    /** Cuts the connection, and plays this on the next one. Returns the reason why that one ended. */
    async meets(play: (socket: Socket) => void): Promise<string> {
      const before = this.disconnections.length;
      this.stage.play = play;
      this.stage.cut();
      await eventually(() => expect(this.disconnections.length).toBeGreaterThan(before));
      this.simulator.networkChanged();
      await eventually(() => expect(this.disconnections.length).toBeGreaterThan(before + 1), 2 * TLS_TIMEOUT_MS);
      return this.disconnections[before + 1] as string;
    }

    /** Asks the simulator to end, and returns its exit status. */
    async stop(): Promise<number> {
      const status = await this.simulator.stop();
      this.stage.close();
      return status;
    }

    /** Ends the simulator at any time. */
    end(): Promise<void> {
      return this.#bench.end();
    }
  }

  beforeAll(async () => {
    broker = await startMosquitto();
    device = await Device.start("pager-hostile");
    await device.connect();
  });

  afterAll(async () => {
    await device?.end();
    await broker?.stop();
  });

  it.each([...HOSTILE_HANDSHAKES, ...HOSTILE_RECORDS])("leaves a server that $what", async ({ play, said }) => {
    const { connections } = device;
    const played: { server: ScriptedTls; error?: unknown }[] = [];
    const reason = await device.meets((socket) => {
      const server = new ScriptedTls(socket, good);
      const mine: (typeof played)[number] = { server };
      played.push(mine);
      void (async () => play(server))().catch((error) => {
        mine.error = error;
      });
    });
    expect(reason).toMatch(said);
    expect(device.connections).toBe(connections);
    expect(played[0]?.error).toBeUndefined();
    expect(played[0]?.server.received.includes("MQTT")).toBe(false);
    await device.connect();
  });

  it.each(cases.filter(({ said }) => !said))("believes a certificate that is $what", async ({ chain }) => {
    const { connections } = device;
    const reason = await device.meets((socket) => void accept(new ScriptedTls(socket, chain), device.connects()));
    expect(device.connections, reason).toBeGreaterThan(connections);
    await device.connect();
  });

  it.each(cases.filter(({ said }) => said))("does not believe a certificate that is $what", async ({ chain, said }) => {
    const { connections } = device;
    const reason = await device.meets((socket) => {
      const server = new ScriptedTls(socket, chain);
      void server.hello().catch(() => {});
    });
    expect(reason).toMatch(said as RegExp);
    expect(device.connections).toBe(connections);
    await device.connect();
  });

  it("takes a handshake in one record and in many", async () => {
    const { connections } = device;
    for (const pieces of [1, 3, 50]) {
      await device.meets((socket) => void acceptInPieces(new ScriptedTls(socket, good), pieces, device.connects()));
      await device.connect();
    }
    expect(device.connections).toBe(connections + 6);
  });

  it("takes records of every size up to the largest", async () => {
    const { connections } = device;
    await device.meets((socket) => void acceptWithSizes(new ScriptedTls(socket, good), device.connects()));
    expect(device.connections).toBe(connections + 1);
    await device.connect();
  });

  it("still runs and ends with 0 after all of this", async () => {
    expect(await device.stop()).toBe(0);
  });

  it("tries a refused certificate again rarely, and a server that hangs up soon", async () => {
    const firstWaits = async (play: (socket: Socket) => void, name: string) => {
      const devices = await Promise.all(
        Array.from({ length: 4 }, (_, index) => Device.start(`pager-${name}-${index}`)),
      );
      for (const { stage } of devices) stage.play = play;
      try {
        await eventually(() => {
          for (const { waits } of devices) expect(waits).not.toEqual([]);
        });
        return devices.map(({ waits }) => waits[0] as number);
      } finally {
        for (const device of devices) await device.end();
      }
    };
    const expired = cases.find(({ what }) => what === "expired")?.chain ?? [];
    const refused = await firstWaits(
      (socket) => void new ScriptedTls(socket, expired).hello().catch(() => {}),
      "refused",
    );
    const lost = await firstWaits((socket) => socket.destroy(), "lost");
    // Each wait is uniform from 0 on. The probability that all four waits for the certificate are short is below 1 in 100,000,000.
    expect(Math.max(...lost)).toBeLessThanOrEqual(BACKOFF_BASE_MS / 1_000);
    expect(Math.max(...refused)).toBeGreaterThan(BACKOFF_BASE_MS / 1_000);
  });

  it("resumes a session only with a broker that knows it", async () => {
    const named = makeIdentity({ name: "named", extensions: [alternativeNames("broker.example")] });
    const device = await Device.start("pager-resuming", {
      "broker.serverName": "broker.example",
      "broker.ca": named.certificate,
    });
    const sessions = new Map<string, Buffer>();
    const reused: boolean[] = [];
    const options = { cert: named.certificate, key: keyPem(named), secureOptions: constants.SSL_OP_NO_TICKET };
    const server = createTlsServer(options, (socket) => {
      reused.push(socket.isSessionReused());
      socket.on("error", () => {}).once("data", () => socket.write(CONNACK));
    });
    server.on("newSession", (id, data, done) => {
      sessions.set(id.toString("hex"), data);
      done();
    });
    server.on("resumeSession", (id, done) => done(null, sessions.get(id.toString("hex")) ?? null));
    const toServer = (socket: Socket) => void server.emit("connection", socket);
    device.stage.play = toServer;
    try {
      await eventually(() => expect(device.connections).toBe(1));
      const before = device.disconnections.length;
      device.stage.cut();
      await eventually(() => expect(device.disconnections.length).toBe(before + 1));
      device.simulator.networkChanged();
      await eventually(() => expect(device.connections).toBe(2));
      expect(reused).toEqual([false, true]);
      // A server accepts the session but does not know its secret. So its proof is wrong.
      const reason = await device.meets((socket) => {
        const thief = new ScriptedTls(socket, [named]);
        void thief.pretendToResume().catch(() => {});
      });
      expect(reason).toMatch(/^TLS: what the broker sends is wrong/);
      // A server that has forgotten the session must send its certificate again.
      sessions.clear();
      device.stage.play = toServer;
      device.simulator.networkChanged();
      await eventually(() => expect(device.connections).toBe(3));
      expect(reused).toEqual([false, true, false]);
      expect(await device.stop()).toBe(0);
    } finally {
      await device.end();
    }
  });

  it("gives up a host that answers no connection, and says so", { timeout: 4 * CONNECT_TIMEOUT_MS }, async () => {
    const listener = await FullListener.start();
    const device = await Device.start("pager-unanswered", { "broker.port": String(listener.port) });
    try {
      await eventually(() => expect(device.disconnections).not.toEqual([]), 3 * CONNECT_TIMEOUT_MS);
      expect(device.disconnections[0]).toBe(`no connection to 127.0.0.1:${listener.port} in 10 s`);
      expect(await device.stop()).toBe(0);
    } finally {
      listener.stop();
      await device.end();
    }
  });

  it("gives up a server that stalls, wherever it does, and says so", { timeout: 4 * TLS_TIMEOUT_MS }, async () => {
    const stalls: Readonly<Record<string, (server: ScriptedTls) => Promise<void>>> = {
      "before ServerHello": async () => {},
      "after ServerHello": async (server) => {
        await server.clientHello();
        server.serverHello();
      },
      "in a record": async (server) => {
        await server.clientHello();
        server.record(RECORD.handshake, Buffer.alloc(10), { length: 100 });
      },
      "in a message": async (server) => {
        await server.clientHello();
        server.record(RECORD.handshake, server.say(2, server.serverHelloBody()).subarray(0, 9));
      },
      "before ServerHelloDone": async (server) => {
        await server.clientHello();
        server.serverHello();
        server.certificate();
        server.serverKeyExchange();
      },
      "before its change of cipher": async (server) => {
        await server.hello();
        await server.clientFlight();
      },
      "before Finished": async (server) => {
        await server.hello();
        await server.clientFlight();
        server.changeCipherSpec();
      },
    };
    await Promise.all(
      Object.entries(stalls).map(async ([where, play], index) => {
        const device = await Device.start(`pager-stall-${index}`);
        try {
          await device.connect();
          const startMs = performance.now();
          const reason = await device.meets((socket) => void play(new ScriptedTls(socket, good)).catch(() => {}));
          expect(reason, where).toMatch(/^the TLS handshake with 127\.0\.0\.1:\d+ did not end in 15 s$/);
          expect(performance.now() - startMs, where).toBeGreaterThanOrEqual(TLS_TIMEOUT_MS);
          await device.connect();
          expect(await device.stop(), where).toBe(0);
        } finally {
          await device.end();
        }
      }),
    );
  });
});

/** Speaks TLS on this socket, and passes the content on to a broker without TLS. */
async function relay(socket: Socket, port: number): Promise<void> {
  const server = new ScriptedTls(socket, good);
  const plain = connect(port, "127.0.0.1");
  plain.on("error", () => {}).on("data", (bytes) => server.record(RECORD.data, bytes));
  plain.on("close", () => socket.destroy());
  socket.on("close", () => plain.destroy());
  try {
    await server.handshake();
    for (;;) plain.write(await server.data());
  } catch {
    socket.destroy();
  }
}

/** Makes a correct handshake, sends CONNACK, and hangs up when the device has connected. */
async function accept(server: ScriptedTls, connected: Promise<void>): Promise<void> {
  try {
    await server.handshake();
    await server.data();
    server.record(RECORD.data, CONNACK);
    await connected;
  } catch {
    // The test checks what the device says.
  }
  server.hangUp();
}

/** Like `accept`, with the server's handshake messages split into so many records. */
async function acceptInPieces(server: ScriptedTls, pieces: number, connected: Promise<void>): Promise<void> {
  try {
    await server.clientHello();
    const records: Buffer[] = [];
    const { record } = server;
    server.record = (_type, content) => records.push(content);
    server.serverHello();
    server.certificate();
    server.serverKeyExchange();
    server.serverHelloDone();
    server.record = record;
    const flight = Buffer.concat(records);
    const size = Math.ceil(flight.length / pieces);
    for (let at = 0; at < flight.length; at += size) server.record(RECORD.handshake, flight.subarray(at, at + size));
    await server.clientFlight();
    server.finish();
    await server.data();
    for (const byte of CONNACK) server.record(RECORD.data, Buffer.of(byte));
    await connected;
  } catch {
    // The test checks what the device says.
  }
  server.hangUp();
}

/** Sends CONNACK and then publishes of many sizes. The last one fills the largest allowed record. */
async function acceptWithSizes(server: ScriptedTls, connected: Promise<void>): Promise<void> {
  await server.handshake();
  await server.data();
  server.record(RECORD.data, CONNACK);
  await connected;
  for (const size of [0, 1, 16, 1_000, 1_500, 4_000, 16_384 - 8]) {
    const body = Buffer.concat([Buffer.from("000178", "hex"), Buffer.of(0), Buffer.alloc(size)]);
    const length = Buffer.of((body.length & 0x7f) | 0x80, ((body.length >> 7) & 0x7f) | 0x80, body.length >> 14);
    server.record(RECORD.data, Buffer.concat([Buffer.of(0x30), length, body]));
  }
  server.record(RECORD.data, Buffer.from("e000", "hex"));
}
