/** The data folder of a station with Aedes and LevelDB. `former-station.json` holds the records that such a station has written. */
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, expect, it, vi } from "vitest";
import { StationStore } from "../../../../hosts/station/store/station-store.ts";
import { getPush, StationBench, startStation, until } from "../harness.ts";
import { RawClient } from "../raw-client.ts";

interface Former {
  /** What `pager-1` was sent and has not acknowledged. */
  readonly sent: readonly Sent[];
  readonly pushIds: { readonly waiting: string; readonly published: string };
  /** Keys and values, hexadecimal. */
  readonly pushes: Readonly<Record<string, string>>;
  readonly broker: Readonly<Record<string, string>>;
}

type Sent = readonly [packetIdentifier: number, qos: number, text: string];

const FOLDERS = ["broker", "pushes"] as const;
const former = JSON.parse(readFileSync(new URL("former-station.json", import.meta.url), "utf8")) as Former;
const bench = new StationBench();
afterEach(async () => {
  await bench.end();
  vi.restoreAllMocks();
});

async function formerFolder(): Promise<string> {
  const data = bench.folder();
  for (const name of FOLDERS) {
    const level = new ClassicLevel<string, Buffer>(join(data, name), { valueEncoding: "buffer" });
    for (const [key, hex] of Object.entries(former[name])) await level.put(key, Buffer.from(hex, "hex"));
    await level.close();
  }
  return data;
}

async function start(data: string) {
  const station = await startStation({ data });
  bench.add(() => station.close());
  return station;
}

async function connect(port: number, clientId: string) {
  const client = new RawClient(port);
  bench.add(() => client.cut());
  return { client, isPresent: await client.connect(clientId) };
}

it("is taken over: sessions, what waits and what is in flight, retained messages, wills, pushes", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const data = await formerFolder();
  const station = await start(data);
  const { client, isPresent } = await connect(station.mqttPort, "pager-1");
  expect(isPresent).toBe(true);
  await until("all of it", () => client.violation ?? client.texts.includes("will"));
  await client.settle();
  expect(client.violation).toBeUndefined();
  const [two, released, one] = former.sent as [Sent, Sent, Sent];
  // PUBREC has come for the second: only PUBREL is owed.
  expect(client.packets.find(({ cmd }) => cmd === "pubrel")).toMatchObject({ messageId: released[0] });
  const came = client.publishes.map(({ payload, qos, dup }) => [readable(payload), qos, dup]);
  expect(came).toEqual([
    [two[2], 2, true],
    [one[2], 1, true],
    ["not sent, published with QoS 2", 1, false],
    ["not sent, QoS 2", 2, false],
    ["came, not released", 2, false],
    ["published", 1, false],
    ["will", 1, false],
  ]);
  expect(client.publishes.slice(0, 2).map(({ messageId }) => messageId)).toEqual([two[0], one[0]]);

  // The sender of the message that was not released goes on with PUBREL, and has no other effect by it.
  const { client: slow, isPresent: isKept } = await connect(station.mqttPort, "slow sender");
  expect(isKept).toBe(true);
  slow.send({
    cmd: "publish",
    topic: "o/two",
    payload: "came, not released",
    qos: 2,
    messageId: 9,
    retain: false,
    dup: true,
  });
  slow.send({ cmd: "pubrel", messageId: 9 });
  await until("PUBCOMP", () => slow.packets.some(({ cmd }) => cmd === "pubcomp"));
  await client.settle();
  expect(client.publishes).toHaveLength(came.length);

  const { client: late } = await connect(station.mqttPort, "late");
  await late.subscribe("r/#");
  await until("the retained one", () => late.texts.includes("retained"));
  const { client: never } = await connect(station.mqttPort, "never-1");
  await never.subscribe("/field/im/never-1");
  await until("the push that waited", () => never.texts.some((text) => text.includes("waits")));
  expect(await getPush(station.url, former.pushIds.published)).toMatchObject({ text: "published", state: "published" });

  expect(log.mock.calls.flat().join()).toContain("is in station.db now");
  expect(readdirSync(data).sort()).toEqual(expect.arrayContaining(["broker.former", "pushes.former", "station.db"]));
  expect(FOLDERS.filter((name) => existsSync(join(data, name)))).toEqual([]);
});

it("is taken over once, also if the station ended before it had put the folders away", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const data = await formerFolder();
  const first = await startStation({ data });
  const { client } = await connect(first.mqttPort, "pager-1");
  await until("all of it", () => client.texts.includes("will"));
  await client.settle();
  await first.close();
  // As it would be if the station had been killed before it renamed them.
  const again = await formerFolder();
  for (const name of FOLDERS) cpSync(join(again, name), join(data, name), { recursive: true });
  const station = await start(data);
  const { client: back } = await connect(station.mqttPort, "pager-1");
  await back.settle();
  expect(back.packets.map(({ cmd }) => cmd)).toEqual(["connack"]);
  expect(readdirSync(data).filter((name) => name.startsWith("broker"))).toEqual(["broker.former", "broker.former-2"]);
});

it("is put away beside a newer store, and nothing of it gets into that", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const data = bench.folder();
  await (await startStation({ data })).close();
  const older = await formerFolder();
  for (const name of FOLDERS) cpSync(join(older, name), join(data, name), { recursive: true });
  const station = await start(data);
  const { isPresent } = await connect(station.mqttPort, "pager-1");
  expect(isPresent).toBe(false);
  expect(log.mock.calls.flat().join()).toContain("is older than station.db, and was put away");
  expect(FOLDERS.filter((name) => existsSync(join(data, name)))).toEqual([]);
});

it("stays as it is if a record of it cannot be read, and nothing of it is taken over", async () => {
  const data = await formerFolder();
  const level = new ClassicLevel<string, Buffer>(join(data, "broker"), { valueEncoding: "buffer" });
  await level.put("outgoing:pager-1:boot-0000000001:0000000000000099", Buffer.from("c1", "hex"));
  await level.close();
  await expect(startStation({ data })).rejects.toThrow("cannot be used");
  expect(FOLDERS.filter((name) => existsSync(join(data, name)))).toEqual([...FOLDERS]);
  const store = new StationStore(join(data, "station.db"));
  bench.add(() => store.close());
  expect([[...store.broker.records()], store.hasTakenOver]).toEqual([[], false]);
});

/** A push is a message of the wire format, in JSON. */
function readable(payload: Buffer | string): string {
  return /"co":"([^"]*)"/.exec(payload.toString())?.[1] ?? payload.toString();
}
