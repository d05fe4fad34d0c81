/**
 * Feeds inputs to a broker that lives through all of them. Nothing may be thrown, nothing may hang or grow. What comes out are packets
 * for mqtt-packet's parser and for the pager's decoder. Other clients go on, and the records make the same broker again.
 */
import { UsageError } from "../../../../../src/errors.ts";
import { Decoder } from "../../../../../src/mqtt/decoder.ts";
import type { Random } from "../../../../../src/seams.ts";
import { fuzzStream, type Seeds } from "../../../../mqtt/fuzz/grammar.ts";
import { integerBetween, seededRandom } from "../../../../random.ts";
import { fromHex, toHex } from "../../../../vectors/vector.ts";
import { type BenchClient, BrokerBench } from "../bench.ts";
import { SERVER_CASES } from "../scripted/cases.ts";

/** After so many inputs the broker is a new one. So the number of an input is enough to replay it. */
const BROKER_INPUTS = 50;
const PACKET_BYTES_MAX = 70_000;
const LIMITS = { packetBytesMax: 65_536, queueMessagesMax: 20, retainedMax: 20, subscriptionsMax: 20, sessionsMax: 50 };
const CONNECTS = {
  4: ["100d 0004 4d515454 04 00 003c 0001 6b", "1013 0004 4d515454 04 2e 003c 0001 78 0001 77 0001 2e"],
  5: [
    "1013 0004 4d515454 05 00 003c 05 1100000e10 0001 6b",
    "1024 0004 4d515454 05 2e 003c 0d 210003 2700000100 220003 1701 0001 78 05 1800000005 0001 77 0001 2e",
  ],
} as const;
const FURTHER = {
  4: ["3106 0001 61 72657461696e", "4002 0001", "5002 0001", "7002 0001", "8208 0001 0003 732f23 02"],
  5: ["3104 0001 61 00", "4002 0001", "5002 0001", "7002 0001", "8209 0001 00 0003 732f23 02", "e001 04"],
} as const;

const hexOf = (level: 4 | 5, isValid: boolean): Uint8Array[] =>
  SERVER_CASES.filter(
    (row) => row.level === level && row.when === "idle" && (row.answers !== undefined) === isValid,
  ).map(({ hex }) => fromHex(hex));
const seedsOf = (level: 4 | 5): Seeds => ({
  valid: [...hexOf(level, true), ...FURTHER[level].map(fromHex)],
  refused: hexOf(level, false),
});
const SEEDS = { 4: seedsOf(4), 5: seedsOf(5) } as const;

/** Remaining length of a CONNACK in MQTT 3.1.1. */
const CONNACK_BYTES_4 = 2;

export interface FuzzOutcome {
  readonly inputs: number;
  readonly counts: Readonly<Record<"packets" | "endings" | "messages", number>>;
  /** One sentence for each input that broke a promise. */
  readonly violations: readonly string[];
}

/** @param first number of the first input. Brokers begin at multiples of 50. A number is replayed from there. */
export function fuzz(first: number, inputs: number): FuzzOutcome {
  const counts = { packets: 0, endings: 0, messages: 0 };
  const violations: string[] = [];
  for (let block = first - (first % BROKER_INPUTS); block < first + inputs; block += BROKER_INPUTS) {
    const random = seededRandom(block + 1);
    const bench = new BrokerBench(LIMITS);
    const watcher = bench.connectKept("watcher", 5);
    watcher.subscribe("#", 2);
    for (let number = block; number < block + BROKER_INPUTS; number += 1) {
      const level = random() < 0.5 ? 4 : 5;
      const pieces = fuzzStream(random, SEEDS[level]);
      try {
        feed(bench, pieces, level, random, counts);
        prove(bench, watcher, number);
      } catch (error) {
        violations.push(`input ${number}, ${toHex(Buffer.concat(pieces)).slice(0, 400)}: ${(error as Error).stack}`);
        break;
      }
    }
  }
  return { inputs, counts, violations };
}

function feed(
  bench: BrokerBench,
  pieces: readonly Uint8Array[],
  level: 4 | 5,
  random: Random,
  counts: { packets: number; endings: number; messages: number },
): void {
  const client = bench.open(level);
  if (random() < 0.8) client.sendHex(CONNECTS[level][integerBetween(random, 0, 1)] as string);
  if (random() < 0.1) bench.isFull = true;
  for (const piece of pieces) {
    if (client.ending !== undefined) break;
    client.sendBytes(piece);
    if (random() < 0.05) bench.pass(integerBetween(random, 1, 100_000));
  }
  bench.isFull = false;
  bench.pass(2_000);
  if (client.ending !== undefined) counts.endings += 1;
  else if (random() < 0.8) client.cut();
  counts.packets += client.packets.length;
  counts.messages += client.publishes.length;
  checkDecodes(client, level);
  if (random() < 0.1) bench.restart();
}

/** The pager's decoder understands what the broker says. What a server must not send throws there. */
function checkDecodes(client: BenchClient, level: 4 | 5): void {
  const bytes = fromHex(client.hex);
  // A CONNECT that was changed may have had another level. In version 5 the answer has a length of properties, and is longer.
  if (client.packets[0]?.cmd !== "connack" || (level === 5) !== (bytes[1] !== CONNACK_BYTES_4)) return;
  const decoder = new Decoder(PACKET_BYTES_MAX, level);
  decoder.push(bytes);
  for (let packet = decoder.next(); packet; packet = decoder.next())
    if (packet.type === "largePublish") throw new UsageError("more than the broker takes came out of it");
}

/** A client that does nothing wrong is served. */
function prove(bench: BrokerBench, former: BenchClient, number: number): void {
  const watcher = former.ending === undefined ? former : bench.connectKept("watcher", 5);
  for (let at = 0; at < watcher.packets.length; at += 1) {
    const packet = watcher.packets[at];
    if (packet?.cmd !== "publish" || packet.qos === 0) continue;
    const messageId = packet.messageId as number;
    watcher.send({ cmd: packet.qos === 1 ? "puback" : "pubrec", messageId, reasonCode: 0 });
    if (packet.qos === 2) watcher.send({ cmd: "pubcomp", messageId, reasonCode: 0 });
  }
  watcher.take();
  const honest = bench.connect("honest", 4);
  honest.publish("honest", String(number), 1);
  if (honest.commands.join() !== "connack,puback") throw new Error(`an honest client was answered ${honest.commands}`);
  honest.disconnect();
  const came = watcher.messages;
  if (!came.includes(`honest ${number}`)) throw new Error(`the watcher got ${came}`);
  const [message] = watcher.publishes;
  watcher.send({ cmd: "puback", messageId: message?.messageId as number });
  if (bench.broker.connectionCount > bench.clients.size) throw new Error(`${bench.broker.connectionCount} connections`);
  if (bench.records.size > 2_000) throw new Error(`${bench.records.size} records`);
}
