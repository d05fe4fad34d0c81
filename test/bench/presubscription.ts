/**
 * `npm run bench:presubscription`: what a first login costs on the network with 10, 100 and 1,000 contacts. Either the client
 * subscribes to their presence, or the station does it for the client. The bytes of MQTT are counted in both directions, from
 * CONNECT until every subscription stands. No presence is retained yet: it would cost the same in both cases.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectTcp, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { localPassword } from "../../hosts/common/local-key.ts";
import { type Station, startStation } from "../../hosts/station/station.ts";

const CONTACTS = [10, 100, 1_000] as const;
const WAYS = ["one SUBSCRIBE a contact", "one SUBSCRIBE for all", "pre-subscription"] as const;

interface Cost {
  readonly bytes: number;
  readonly packets: number;
}

/** Bytes of one first login. */
async function firstLogin(station: Station, uid: string, topics: readonly string[], way: (typeof WAYS)[number]) {
  let bytes = 0;
  const proxy = createServer((client) => {
    const broker = connectTcp(station.mqttPort, "127.0.0.1");
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      from.on("error", () => {}).on("close", () => to.destroy());
      from.on("data", (chunk) => {
        bytes += chunk.length;
        to.write(chunk);
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as { port: number };
  const password = localPassword(station.localKey, uid);
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    clientId: uid,
    username: uid,
    password,
    clean: false,
    reconnectPeriod: 0,
  });
  let packets = 2;
  client.on("packetsend", () => {
    packets += 1;
  });
  client.on("packetreceive", () => {
    packets += 1;
  });
  if (way === "one SUBSCRIBE a contact") for (const topic of topics) await client.subscribeAsync(topic, { qos: 1 });
  if (way === "one SUBSCRIBE for all") await client.subscribeAsync([...topics], { qos: 1 });
  const cost: Cost = { bytes, packets };
  await client.endAsync(true);
  await new Promise((resolve) => proxy.close(resolve));
  return cost;
}

/** Measures a first login at a station whose directory has one device with so many contacts. */
async function measure(contacts: number, way: (typeof WAYS)[number]): Promise<Cost> {
  const data = mkdtempSync(join(tmpdir(), "fieldpager-bench-"));
  const station = await startStation({ data, mqttPort: 0, httpPort: 0 });
  try {
    const uids = Array.from({ length: contacts }, (_, index) => `pager-${String(index).padStart(4, "0")}`);
    await Promise.all(uids.map((uid) => station.directory.addDevice({ uid })));
    await station.directory.addDevice({ uid: "pager-new", contacts: uids });
    const own = ["im", "page", "cmd"].map((kind) => `/field/${kind}/pager-new`);
    const topics = [...own, ...uids.map((uid) => `/field/pres/${uid}`)];
    // The station subscribes in every case. A client that does not rely on the station subscribes as well.
    return await firstLogin(station, "pager-new", topics, way);
  } finally {
    await station.close();
    rmSync(data, { recursive: true, force: true });
  }
}

console.log(`| contacts | ${WAYS.join(" | ")} | saved against one for all |`);
console.log(`|${"---|".repeat(WAYS.length + 2)}`);
for (const contacts of CONTACTS) {
  const costs: Cost[] = [];
  for (const way of WAYS) costs.push(await measure(contacts, way));
  const cells = costs.map(({ bytes, packets }) => `${bytes.toLocaleString("en")} bytes, ${packets} packets`);
  const [, forAll, presubscribed] = costs as [Cost, Cost, Cost];
  const saved = (1 - presubscribed.bytes / forAll.bytes) * 100;
  console.log(`| ${contacts.toLocaleString("en")} | ${cells.join(" | ")} | ${saved.toFixed(1)} % |`);
}
