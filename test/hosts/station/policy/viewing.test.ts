/** Every route of the HTTP interface shows an account only what it may see over MQTT. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { DeviceSummary } from "../../../../hosts/station/shared/device.ts";
import { readEvents, type StationStreamEvent } from "../../../../hosts/station/shared/event-stream.ts";
import type { PushWithDeliveries } from "../../../../hosts/station/shared/push.ts";
import type { Station } from "../../../../hosts/station/station.ts";
import { StationBench, until } from "../harness.ts";

const JSON_TYPE = { "content-type": "application/json" };
const ONLINE = Buffer.from([0x51]);
const TELEMETRY = JSON.stringify([{ n: "t", v: 1 }]);
const ACCOUNTS = ["anna", "bob", "carl", "ha", "admin"] as const;
type Name = (typeof ACCOUNTS)[number];

/** Who sees each push, and which of its recipients. The key is the push's text. */
const PUSHES: Record<string, { from: Name; to: string; seen: Partial<Record<Name, string[]>> }> = {
  one: { from: "admin", to: "anna-1", seen: { anna: ["anna-1"], admin: ["anna-1"] } },
  two: { from: "admin", to: "bob", seen: { bob: ["bob-1"], admin: ["bob-1"] } },
  three: {
    from: "admin",
    to: "night",
    seen: { anna: ["anna-1"], bob: ["bob-1"], admin: ["anna-1", "bob-1"] },
  },
  four: { from: "bob", to: "anna-1", seen: { anna: ["anna-1"], bob: ["anna-1"], admin: ["anna-1"] } },
  five: {
    from: "ha",
    to: "night",
    seen: { anna: ["anna-1"], bob: ["bob-1"], ha: ["anna-1", "bob-1"], admin: ["anna-1", "bob-1"] },
  },
  six: { from: "carl", to: "anna-1", seen: { anna: ["anna-1"], carl: ["anna-1"], admin: ["anna-1"] } },
  seven: { from: "admin", to: "nobody-yet", seen: { admin: ["nobody-yet"] } },
};
/** Who sees the presence of each device. anna has bob among her contacts. */
const PRESENCES: Record<string, readonly Name[]> = {
  "anna-1": ["anna", "ha", "admin"],
  "bob-1": ["anna", "bob", "ha", "admin"],
  "unknown-1": ["ha", "admin"],
};
const DETAILS: Record<string, readonly Name[]> = {
  "anna-1": ["anna", "ha", "admin"],
  "bob-1": ["bob", "ha", "admin"],
  "unknown-1": ["ha", "admin"],
};

const bench = new StationBench();
const tokens = new Map<Name, string>();
const ids = new Map<string, string>();
const events = new Map<Name, StationStreamEvent[]>();
let station: Station;

const get = (who: Name, path: string, init: RequestInit = {}) =>
  fetch(station.url + path, { ...init, headers: { authorization: `Bearer ${tokens.get(who)}`, ...init.headers } });
const post = (who: Name, path: string, body: object) =>
  get(who, path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });

beforeAll(async () => {
  station = await bench.station();
  const { accounts, directory, firstStart } = station;
  tokens.set("admin", firstStart?.token ?? "");
  for (const name of ["anna", "bob", "carl", "ha"] as const) {
    await accounts.create({ name, kind: name === "ha" ? "program" : "person" });
    tokens.set(name, await accounts.issueToken(name, "test"));
    if (name !== "ha") await directory.addPerson({ name });
  }
  await directory.updatePerson({ name: "anna", contacts: ["bob"] });
  await directory.addDevice({ uid: "anna-1", owner: "anna" });
  await directory.addDevice({ uid: "bob-1", owner: "bob" });
  await directory.addGroup({ uid: "night", members: ["anna", "bob"] });
  for (const name of ACCOUNTS) {
    const seen: StationStreamEvent[] = [];
    events.set(name, seen);
    const abort = new AbortController();
    bench.add(() => abort.abort());
    const { body } = await get(name, "/api/events", { signal: abort.signal });
    const reading = (async () => {
      for await (const event of readEvents(body as unknown as AsyncIterable<Uint8Array>)) seen.push(event);
    })();
    reading.catch(() => {});
  }
  for (const [text, { from, to }] of Object.entries(PUSHES)) {
    const response = await post(from, "/api/push", { to, text });
    expect(response.status).toBe(202);
    ids.set(text, ((await response.json()) as { id: string }).id);
  }
  const device = await bench.mqtt(station.mqttPort);
  for (const uid of Object.keys(PRESENCES)) {
    await device.publishAsync(`/field/pres/${uid}`, ONLINE, { qos: 1 });
    await device.publishAsync(`/field/tele/${uid}`, TELEMETRY, { qos: 1 });
  }
  // Everyone gets this event, and it is the last one.
  await directory.addDevice({ uid: "last-1" });
  for (const seen of events.values()) await until("the last event", () => seen.at(-1)?.event === "directory");
});
afterAll(() => bench.end());

const seenBy = (who: Name) => Object.entries(PUSHES).filter(([, { seen }]) => seen[who]);

describe.each(ACCOUNTS)("%s", (who) => {
  it("reads only their pushes, each with the recipients that they may see", async () => {
    const { pushes } = (await (await get(who, "/api/pushes")).json()) as { pushes: PushWithDeliveries[] };
    const got = pushes.map(({ text, deliveries }) => [text, deliveries.map(({ device }) => device)]);
    const expected = seenBy(who).map(([text, { seen }]) => [text, seen[who]]);
    expect(got).toEqual(expected.reverse());
    for (const [text, { seen }] of Object.entries(PUSHES)) {
      const response = await get(who, `/api/pushes/${ids.get(text)}`);
      expect(response.status, text).toBe(seen[who] ? 200 : 404);
      const { deliveries } = (await response.json()) as { deliveries?: { device: string }[] };
      expect(
        deliveries?.map(({ device }) => device),
        text,
      ).toEqual(seen[who]);
    }
  });

  it("finds the earlier pages of the history", async () => {
    const texts: string[] = [];
    for (let before = ""; ; ) {
      const { pushes } = (await (await get(who, `/api/pushes?limit=1${before}`)).json()) as {
        pushes: PushWithDeliveries[];
      };
      if (!pushes[0]) break;
      texts.push(pushes[0].text);
      before = `&before=${pushes[0].id}`;
    }
    expect(texts).toEqual(
      seenBy(who)
        .map(([text]) => text)
        .reverse(),
    );
  });

  it("sees the presence and the details that they may see over MQTT", async () => {
    const { devices } = (await (await get(who, "/api/devices")).json()) as { devices: DeviceSummary[] };
    for (const [uid, seers] of Object.entries(PRESENCES))
      expect(
        devices.some((device) => device.uid === uid && device.presence),
        uid,
      ).toBe(seers.includes(who));
    for (const [uid, seers] of Object.entries(DETAILS)) {
      const isSeen = devices.some((device) => device.uid === uid && device.telemetryAtMs !== undefined);
      expect(isSeen, uid).toBe(seers.includes(who));
      expect((await get(who, `/api/devices/${uid}`)).status, uid).toBe(seers.includes(who) ? 200 : 403);
    }
  });

  it("gets live events of what they may see, and no others", async () => {
    const told = (name: string) =>
      events.get(who)?.flatMap(({ event, data }) => (event === name ? [JSON.parse(data)] : [])) ?? [];
    const texts = told("push").map(({ text, deliveries }: PushWithDeliveries) => [
      text,
      deliveries.map(({ device }) => device),
    ]);
    expect(texts).toEqual(seenBy(who).map(([text, { seen }]) => [text, seen[who]]));
    const devices = (name: string) =>
      told(name)
        .map(({ device }) => device)
        .sort();
    const allowed = (seers: typeof PRESENCES) =>
      Object.keys(seers)
        .filter((uid) => seers[uid]?.includes(who))
        .sort();
    expect(devices("presence")).toEqual(allowed(PRESENCES));
    expect(devices("telemetry")).toEqual(allowed(DETAILS));
    for (const { id, delivery } of told("delivery")) {
      const text = [...ids].find(([, known]) => known === id)?.[0] ?? "";
      expect(PUSHES[text]?.seen[who], text).toContain(delivery.device);
    }
  });
});

it("gives the pager in a page no name that the directory has already", async () => {
  const own = new StationBench();
  onTestFinished(() => own.end());
  const { directory, accounts } = station;
  await directory.addGroup({ uid: "page-night", members: ["bob"] });
  await directory.addDevice({ uid: "page-wall" });
  for (const uid of ["page-night", "page-wall"]) {
    expect((await post("carl", "/api/page-pager", { uid })).status, uid).toBe(409);
    expect(accounts.get(uid), uid).toBeUndefined();
  }
  expect((await post("carl", "/api/page-pager", { uid: "page-carl-1" })).status).toBe(200);
  expect((await post("carl", "/api/page-pager", { uid: "page-carl-1" })).status).toBe(200);
  expect((await get("carl", "/api/devices/page-carl-1")).status).toBe(200);
  expect((await get("bob", "/api/devices/page-carl-1")).status).toBe(403);
});
