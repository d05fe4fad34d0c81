/**
 * `npm run bench:broker`: messages a second point to point, QoS 0 and 1, of the station's broker and of mosquitto in the same run, and memory
 * a connection. QoS 1 goes to kept sessions: each message is durable. Broker and load share the machine.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import mqttPacket from "mqtt-packet";
import { accepts, freePort } from "../brokers/broker.ts";
import { endProcess, findProgram } from "../brokers/server-process.ts";
import { readCommandFlags } from "../command-flags.ts";

const USAGE = `Usage: npm run bench:broker -- [flags]
  --pairs N        senders, each with a receiver of its own (100)
  --messages N     of each sender and QoS (500)
  --connections N  for the memory of one (5000)`;
const { numbers } = readCommandFlags(USAGE, {
  pairs: { default: 100, min: 1 },
  messages: { default: 500, min: 1 },
  connections: { default: 5_000, min: 1 },
});
/** Messages of QoS 1 that a sender does not wait for. */
const WINDOW = 20;
const PAYLOAD = Buffer.alloc(100, "x");
const OPENING = 100;

/** A client that counts packets by type, and answers PUBLISH of QoS 1. */
class LoadClient {
  readonly counts = new Map<number, number>();
  onPacket: (type: number) => void = () => {};
  readonly socket: Socket;
  #rest: Buffer = Buffer.alloc(0);

  constructor(port: number, clientId: string, isKept: boolean) {
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.socket.on("data", (bytes) => this.#read(bytes));
    this.socket.on("error", (error) => {
      throw error;
    });
    this.socket.write(
      mqttPacket.generate({ cmd: "connect", clientId, clean: !isKept, keepalive: 0, protocolVersion: 4 }),
    );
  }

  /** Resolves when so many packets of this type have come. */
  until(type: number, count: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if ((this.counts.get(type) ?? 0) >= count) resolve();
      };
      const former = this.onPacket;
      this.onPacket = (came) => {
        former(came);
        look();
      };
      look();
    });
  }

  #read(bytes: Buffer): void {
    let buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    for (;;) {
      let at = 1;
      let length = 0;
      while (at < buffer.length && (buffer[at] as number) >= 0x80) {
        length += ((buffer[at] as number) & 0x7f) * 128 ** (at - 1);
        at += 1;
      }
      if (at >= buffer.length) break;
      length += (buffer[at] as number) * 128 ** (at - 1);
      if (buffer.length < at + 1 + length) break;
      this.#handle(buffer.subarray(0, at + 1 + length), at + 1);
      buffer = buffer.subarray(at + 1 + length);
    }
    this.#rest = Buffer.from(buffer);
  }

  #handle(packet: Buffer, body: number): void {
    const type = (packet[0] as number) >> 4;
    if (type === 3 && (packet[0] as number) & 2) {
      const identifier = body + 2 + packet.readUInt16BE(body);
      this.socket.write(Uint8Array.of(0x40, 2, packet[identifier] as number, packet[identifier + 1] as number));
    }
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
    this.onPacket(type);
  }
}

async function measure(port: number, qos: 0 | 1): Promise<number> {
  const { pairs, messages } = numbers;
  const receivers = Array.from({ length: pairs }, (_, number) => new LoadClient(port, `r${qos}-${number}`, qos === 1));
  const senders = Array.from({ length: pairs }, (_, number) => new LoadClient(port, `s${qos}-${number}`, false));
  await Promise.all([...receivers, ...senders].map((client) => client.until(2, 1)));
  receivers.forEach((client, number) => {
    client.socket.write(
      mqttPacket.generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: `load/${qos}/${number}`, qos }] }),
    );
  });
  await Promise.all(receivers.map((client) => client.until(9, 1)));
  const beganMs = performance.now();
  senders.forEach((client, number) => {
    let sent = 0;
    const send = () => {
      if (sent >= messages) return;
      sent += 1;
      const packet = {
        cmd: "publish",
        topic: `load/${qos}/${number}`,
        payload: PAYLOAD,
        qos,
        dup: false,
        retain: false,
      } as const;
      client.socket.write(mqttPacket.generate({ ...packet, messageId: sent }));
    };
    if (qos === 0) for (let count = 0; count < messages; count += 1) send();
    else {
      client.onPacket = (type) => {
        if (type === 4) send();
      };
      for (let count = 0; count < WINDOW; count += 1) send();
    }
  });
  await Promise.all(receivers.map((client) => client.until(3, messages)));
  const seconds = (performance.now() - beganMs) / 1_000;
  for (const { socket } of [...receivers, ...senders]) socket.destroy();
  return (pairs * messages) / seconds;
}

async function bytesOfConnection(port: number, pid: number): Promise<number> {
  const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;
  const before = resident();
  const clients: LoadClient[] = [];
  while (clients.length < numbers.connections) {
    const opened = Array.from({ length: OPENING }, (_, at) => new LoadClient(port, `c${clients.length + at}`, true));
    await Promise.all(opened.map((client) => client.until(2, 1)));
    clients.push(...opened);
  }
  const bytes = (resident() - before) / clients.length;
  for (const { socket } of clients) socket.destroy();
  return bytes;
}

const folder = mkdtempSync(join(tmpdir(), "fieldpager-bench-"));
const main = fileURLToPath(new URL("../hosts/station/mqtt-server/server-main.ts", import.meta.url));
const mosquitto = findProgram("mosquitto");
const results = new Map<string, number[]>();

/** Runs something at a broker that has just been started. */
async function atBroker<T>(name: string, run: (port: number, pid: number) => Promise<T>): Promise<T> {
  const port = await freePort();
  const own = mkdtempSync(join(folder, `${name}-`));
  writeFileSync(
    join(own, "mosquitto.conf"),
    `allow_anonymous true\npersistence true\npersistence_location ${own}/\nset_tcp_nodelay true\nmax_queued_messages 0\n${process.getuid?.() === 0 ? "user root\n" : ""}listener ${port} 127.0.0.1\n`,
  );
  const child =
    name === "station"
      ? spawn(process.execPath, ["--import", "tsx", main, join(own, "broker.db"), `${port}`], { stdio: "ignore" })
      : spawn(mosquitto as string, ["-c", join(own, "mosquitto.conf")], { stdio: "ignore" });
  while (!(await accepts(port))) await new Promise((resolve) => setTimeout(resolve, 50));
  try {
    return await run(port, child.pid as number);
  } finally {
    await endProcess(child, "SIGTERM");
  }
}

try {
  for (const name of ["station", ...(mosquitto ? ["mosquitto"] : [])]) {
    const [zero, one] = await atBroker(name, async (port) => [await measure(port, 0), await measure(port, 1)] as const);
    // Of a process that has done nothing else: what it has freed would be used again first.
    const bytes = await atBroker(name, bytesOfConnection);
    results.set(name, [zero, one]);
    console.log(
      `${name}: QoS 0 ${Math.round(zero)} messages a second, QoS 1 to kept sessions ${Math.round(one)}, ${Math.round(bytes / 1_024)} KB a connection`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
const [station = [], other = []] = [results.get("station"), results.get("mosquitto")];
if (other.length)
  console.log(
    `ratio to mosquitto: QoS 0 ${((station[0] ?? 0) / (other[0] ?? 1)).toFixed(2)}, QoS 1 ${((station[1] ?? 0) / (other[1] ?? 1)).toFixed(2)}`,
  );
process.exit();
