/** How hostile clients are answered. Other clients must notice nothing. */
import { once } from "node:events";
import { createConnection } from "node:net";
import type { MqttClient } from "mqtt";
import { generate } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { localPassword } from "../../../../hosts/common/local-key.ts";
import { isPasswordOf } from "../../../../hosts/station/identity/password-hash.ts";
import type { GateCounters } from "../../../../hosts/station/policy/client-gate.ts";
import { TopicRules } from "../../../../hosts/station/policy/topic-rules.ts";
import type { Station } from "../../../../hosts/station/station.ts";
import { encodeText } from "../../../../src/payload/content.ts";
import { discoveryTopic } from "../../../../src/payload/discovery.ts";
import { encodeMessage, IM_TYPE } from "../../../../src/payload/message.ts";
import { StationBench, until } from "../harness.ts";

// Passwords are cheap to compute here. `accounts.test.ts` tests the real cost.
vi.mock(import("../../../../hosts/station/identity/password-hash.ts"), async (load) => {
  const module = await load();
  return { ...module, CHOSEN_COST: module.GENERATED_COST, isPasswordOf: vi.fn(module.isPasswordOf) };
});

const bench = new StationBench();
let station: Station;
let log: string[];
const passwords = new Map<string, string>();

beforeEach(async () => {
  log = [];
  vi.spyOn(console, "error").mockImplementation((line: string) => void log.push(line));
  station = await bench.station({ anonymous: false });
  const { accounts, directory } = station;
  await directory.addPerson({ name: "alice" });
  await directory.addPerson({ name: "bob" });
  await directory.addDevice({ uid: "alice-1", owner: "alice" });
  await directory.addDevice({ uid: "bob-1", owner: "bob" });
  await directory.updatePerson({ name: "alice", contacts: ["bob-1"] });
  await directory.addGroup({ uid: "night", members: ["bob"] });
  for (const name of ["alice-1", "bob-1"])
    passwords.set(name, (await accounts.create({ name, kind: "device" })).password);
  passwords.set("alice", (await accounts.create({ name: "alice", kind: "person" })).password);
  passwords.set("ha", (await accounts.create({ name: "ha", kind: "program" })).password);
});
afterEach(async () => {
  await bench.end();
  vi.restoreAllMocks();
});

const connect = (name: string, clientId = name) =>
  bench.mqtt(station.mqttPort, { clientId, username: name, password: passwords.get(name) ?? "" });

/** The code of CONNACK. */
async function refusalOf(username: string | undefined, password: string, clientId: string): Promise<number> {
  const login = username === undefined ? {} : { username, password };
  const failed = bench.mqtt(station.mqttPort, { clientId, ...login }).then(
    () => ({ code: 0 }),
    (error: { code: number }) => error,
  );
  return (await failed).code;
}

async function refused(): Promise<GateCounters> {
  return ((await (await fetch(`${station.url}/healthz`)).json()) as { refused: GateCounters }).refused;
}

function messageOf(sender: string, text: string): Buffer {
  const contents = [encodeText(text, { id: text })];
  return Buffer.from(encodeMessage({ timestampSeconds: 0, imType: IM_TYPE.pointToPoint, contents, sender }));
}

/** Everything that a client is sent, as text. */
function collect(client: MqttClient): string[] {
  const got: string[] = [];
  client.on("message", (topic, payload) => got.push(describeMessage(topic, payload)));
  return got;
}

const describeMessage = (topic: string, payload: Buffer) => `${topic} ${payload.toString("latin1")}`;

async function grantedOf(client: MqttClient, topic: string): Promise<number | undefined> {
  try {
    return (await client.subscribeAsync(topic, { qos: 1 }))[0]?.qos;
  } catch {
    return 128;
  }
}

describe("a login", () => {
  it("is required, and is accepted only with its own password and session", async () => {
    const own = passwords.get("alice-1") ?? "";
    expect(await refusalOf(undefined, "", "alice-1")).toBe(5);
    expect(await refusalOf("alice-1", "wrong password", "alice-1")).toBe(4);
    expect(await refusalOf("nobody", own, "nobody")).toBe(4);
    expect(await refusalOf("bob-1", own, "bob-1"), "another's password").toBe(4);
    expect(await refusalOf("alice-1", own, "bob-1"), "another's session").toBe(2);
    expect(await refusalOf("alice-1", own, "alice-1")).toBe(0);
    expect(await refusalOf("alice", passwords.get("alice") ?? "", ""), "without a session").toBe(0);
    expect(await refusalOf("pager-7", localPassword(station.localKey, "pager-7"), "pager-7")).toBe(0);
    expect(station.directory.device("pager-7")).toBeDefined();
    expect(await refusalOf("alice", localPassword(station.localKey, "alice"), "alice"), "the key is for devices").toBe(
      4,
    );
    expect(await refusalOf("pager-8", localPassword("other key", "pager-8"), "pager-8")).toBe(4);
    expect((await refused()).logins).toBe(7);
    for (const secret of [own, "wrong password"]) expect(log.join("\n")).not.toContain(secret);
  });

  it("of a person or a program may have any client identifier without a kept session, and touches nobody by it", async () => {
    const device = await connect("bob-1");
    const ha = await connect("ha", "bob-1");
    const second = await connect("ha", "6fB3mqttjs");
    const alice = await connect("alice", "bob-1");
    const got = collect(device);
    await device.subscribeAsync("/field/page/bob-1", { qos: 1 });
    await ha.publishAsync("/field/page/bob-1", "from the house", { qos: 1 });
    await until("the page", () => got.length > 0);
    expect(got).toEqual(["/field/page/bob-1 from the house"]);
    expect([device, ha, second, alice].map(({ connected }) => connected)).toEqual([true, true, true, true]);
    // Of one account they are told apart as usual.
    const closed = new Promise((resolve) => second.once("close", () => resolve(undefined)));
    await connect("ha", "6fB3mqttjs");
    await closed;
    const kept = { clientId: "bob-1", username: "ha", password: passwords.get("ha") ?? "", clean: false };
    await expect(bench.mqtt(station.mqttPort, kept)).rejects.toMatchObject({ code: 2 });
  });

  it("ends with its account: the station takes nothing more from it, and sends nothing more to it", async () => {
    const bob = await connect("bob-1");
    const got = collect(bob);
    expect(await grantedOf(bob, "/field/im/bob-1")).toBe(1);
    const closed = new Promise((resolve) => bob.once("close", () => resolve(undefined)));
    await station.accounts.remove("bob-1");
    const alice = await connect("alice-1");
    await alice.publishAsync("/field/im/bob-1", messageOf("alice-1", "too late"), { qos: 1 });
    await closed;
    expect(got).toEqual([]);
    expect(await refusalOf("bob-1", passwords.get("bob-1") ?? "", "bob-1")).toBe(4);
  });

  it("may not have a last will on another's topic", async () => {
    const will = { topic: "/field/pres/bob-1", payload: Buffer.from("R"), qos: 1, retain: true } as const;
    const password = passwords.get("alice-1") ?? "";
    const client = bench.mqtt(station.mqttPort, { clientId: "alice-1", username: "alice-1", password, will });
    await expect(client).rejects.toMatchObject({ code: 5 });
  });

  it("is refused without a check after too many failures; earlier clients and everyone else still get in", async () => {
    await (await connect("alice-1")).endAsync();
    await connect("bob-1");
    vi.mocked(isPasswordOf).mockClear();
    // The allowance grows with time, so no time passes during the flood.
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const codes = await Promise.all(
      Array.from({ length: 300 }, (_, index) => refusalOf("alice-1", `guess ${index} of many`, "alice-1")),
    );
    vi.useRealTimers();
    expect(codes.filter((code) => code === 4).length).toBeLessThanOrEqual(30);
    expect(codes.filter((code) => code === 3).length).toBeGreaterThanOrEqual(270);
    // A wrong guess of a generated password is computed twice. So it takes as long as a wrong guess of a chosen one.
    expect(vi.mocked(isPasswordOf).mock.calls.length).toBeLessThanOrEqual(2 * 30);
    expect(await refusalOf("alice-1", passwords.get("alice-1") ?? "", "alice-1")).toBe(0);
    expect((await refused()).loginsHeld).toBeGreaterThanOrEqual(270);
    expect(log.length, "the log is no way to fill the disk").toBeLessThan(250);
  });
});

describe("a message", () => {
  it("that is not allowed, such as one with the sender uid of another, is acknowledged and goes nowhere", async () => {
    const bob = await connect("bob-1");
    const got = collect(bob);
    expect(await grantedOf(bob, "/field/im/bob-1")).toBe(1);
    expect(await grantedOf(bob, "/field/im/night")).toBe(1);
    const alice = await connect("alice-1");
    const forged = [
      ["/field/im/bob-1", messageOf("bob", "forged")],
      ["/field/im/bob-1", Buffer.from("no message")],
      ["/field/im/night", messageOf("alice-1", "not my group")],
      ["/field/im/nobody", messageOf("alice-1", "to nobody")],
      ["/field/page/bob-1", Buffer.from("a page of a device")],
      ["/field/pres/bob-1", Buffer.from("Q")],
      ["/field/tele/bob-1", Buffer.from("x")],
      ["/field/cmd/bob-1", Buffer.from("restart")],
      ["/field/cmd/bob-1/result", Buffer.from("done")],
      ["/field/page/bob-1/receipt", Buffer.from("{}")],
      ["/connect/presub", Buffer.from("x")],
      ["/connect/new", Buffer.from("alice-1")],
      ["/other/im/bob-1", messageOf("alice-1", "another env")],
      ["homeassistant/device/bob-1/config", Buffer.from("{}")],
      ["homeassistant/sensor/alice-1_2/config", Buffer.from("{}")],
    ] as const;
    for (const [topic, payload] of forged) {
      await alice.publishAsync(topic, payload, { qos: 1 });
      await alice.publishAsync(topic, payload, { qos: 2 });
      alice.publish(topic, payload, { qos: 0 });
    }
    await alice.publishAsync("/field/im/bob-1", messageOf("alice-1", "true"), { qos: 1 });
    await until("the true one", () => got.length > 0);
    expect(got).toHaveLength(1);
    expect(got[0]).toContain("true");
    expect((await refused()).publishes).toBe(3 * forged.length);
    expect(log.join("\n")).toContain("sender uid of another");
    expect(log.join("\n")).not.toContain("not my group");
  });

  it.each([
    ["ha", "/field/page/bob-1", "a page from a program"],
    ["alice", "/field/page/alice-1", "a page from a person"],
    ["alice", "/field/cmd/alice-1", "a command to one's own device"],
  ])("of %s to %s goes through: %s", async (name, topic) => {
    const uid = topic.split("/")[3] as string;
    const receiver = await connect(uid);
    const got = collect(receiver);
    expect(await grantedOf(receiver, topic)).toBe(1);
    await (await connect(name, "")).publishAsync(topic, "go", { qos: 1 });
    await until("it", () => got.includes(`${topic} go`));
  });

  it("of a device's own discovery goes through, also if its topic needs a changed uid", () => {
    const rules = new TopicRules("field", station.directory, station.accounts);
    for (const uid of ["alice-1", "bay 7"]) {
      const identity = { uid, kind: "device", isAdmin: false, hasAccount: true } as const;
      const whyNot = (topic: string) => rules.whyNotPublish(identity, topic, new Uint8Array());
      const topic = discoveryTopic("homeassistant", uid);
      expect(whyNot(topic)).toBeUndefined();
      expect(whyNot(topic.replace("/config", "/temperature/config"))).toBeUndefined();
      for (const foreign of [
        topic.replace("/config", "_2/config"),
        topic.replace("device/", "device/x/"),
        `${topic}/x`,
      ])
        expect(whyNot(foreign)).toBe("not its own discovery");
    }
  });

  it("that is refused again and again closes the connection of its sender", async () => {
    const alice = await connect("alice-1");
    const closed = new Promise((resolve) => alice.once("close", () => resolve(undefined)));
    for (let count = 0; count < 60; count += 1) alice.publish("/field/pres/bob-1", "Q");
    await closed;
  });
});

describe("a subscription", () => {
  it("to a topic of another, or with a wildcard, is not granted, and is not stored", async () => {
    const password = passwords.get("alice-1") ?? "";
    const login = { clientId: "alice-1", username: "alice-1", password, clean: false };
    const alice = await bench.mqtt(station.mqttPort, login);
    const wanted = ["bob-1", "night", "+", "#"].map((name) => `/field/im/${name}`);
    wanted.push("#", "+/+/+/+", "/field/#", "/+/im/bob-1", "/field/+/bob-1", "/field/im/bob-1/#", "/connect/new");
    wanted.push("/field/page/bob-1", "/field/cmd/bob-1", "/field/pres/+", "/field/tele/bob-1", "$SYS/#");
    for (const topic of wanted) expect(await grantedOf(alice, topic), topic).toBe(128);
    for (const own of ["im/alice-1", "page/alice-1", "cmd/alice-1", "pres/bob-1"])
      expect(await grantedOf(alice, `/field/${own}`), own).toBe(1);
    // One SUBSCRIBE asks for an allowed filter too.
    const both = await new Promise<unknown>((resolve) => {
      const topics = ["/field/im/alice-1", "/field/im/bob-1"];
      alice.subscribe(topics, { qos: 1 }, (_error, _wanted, suback) =>
        resolve(suback && "granted" in suback && suback.granted),
      );
    });
    expect(both).toEqual([1, 128]);
    await alice.endAsync();
    const bob = await connect("bob-1");
    await bob.publishAsync("/field/im/bob-1", messageOf("bob-1", "to myself"), { qos: 1 });
    await bob.publishAsync("/field/im/alice-1", messageOf("bob-1", "to alice"), { qos: 1 });
    const got: string[] = [];
    // What was kept comes directly behind CONNACK.
    await bench.mqtt(station.mqttPort, login, (topic, payload) => got.push(describeMessage(topic, payload)));
    await until("what was kept", () => got.length > 0);
    expect(got.join()).toContain("to alice");
    expect(got.join()).not.toContain("to myself");
  });

  it("to a group ends at once and for good when its client is removed from the group", async () => {
    const login = { clientId: "bob-1", username: "bob-1", password: passwords.get("bob-1") ?? "", clean: false };
    const bob = await bench.mqtt(station.mqttPort, login);
    const got = collect(bob);
    expect(await grantedOf(bob, "/field/im/night")).toBe(1);
    expect(await grantedOf(bob, "/field/im/bob-1")).toBe(1);
    await station.directory.updateGroup({ uid: "night", members: ["alice"] });
    const alice = await connect("alice-1");
    await alice.publishAsync("/field/im/night", messageOf("alice-1", "secret now"), { qos: 1 });
    await alice.publishAsync("/field/im/bob-1", messageOf("alice-1", "to bob"), { qos: 1 });
    await until("the other", () => got.length > 0);
    await bob.endAsync();
    await alice.publishAsync("/field/im/night", messageOf("alice-1", "secret later"), { qos: 1 });
    const late: string[] = [];
    // What was kept comes directly behind CONNACK.
    await bench.mqtt(station.mqttPort, login, (topic, payload) => late.push(describeMessage(topic, payload)));
    await alice.publishAsync("/field/im/bob-1", messageOf("alice-1", "the end"), { qos: 1 });
    await until("the end", () => late.join().includes("the end"));
    expect([...got, ...late].join()).not.toContain("secret");
  });

  it("to all presences and telemetry is only for programs and administrators", async () => {
    const ha = await connect("ha", "");
    const alice = await connect("alice", "");
    for (const topic of ["/field/pres/+", "/field/tele/+", "homeassistant/#"]) {
      expect(await grantedOf(ha, topic)).toBe(1);
      expect(await grantedOf(alice, topic)).toBe(128);
    }
    expect(await grantedOf(ha, "/field/im/+"), "messages are not").toBe(128);
    expect(await grantedOf(alice, "/field/tele/alice-1"), "of one's own device").toBe(1);
  });
});

describe("too much", () => {
  it("a burst of 100,000 messages waits at its sender, and other clients are served meanwhile", async () => {
    const bob = await connect("bob-1");
    const got = collect(bob);
    await grantedOf(bob, "/field/im/bob-1");
    const flood = createConnection({ host: "127.0.0.1", port: station.mqttPort }).on("error", () => {});
    bench.add(() => flood.destroy());
    const login = { username: "alice-1", password: Buffer.from(passwords.get("alice-1") ?? "") };
    flood.write(generate({ cmd: "connect", clientId: "alice-1", clean: true, keepalive: 60, ...login } as never));
    await once(flood, "data");
    const before = process.memoryUsage();
    const burst = messageOf("alice-1", "burst");
    const one = generate({
      cmd: "publish",
      topic: "/field/im/bob-1",
      payload: burst,
      qos: 0,
      retain: false,
      dup: false,
    });
    const all = Buffer.concat(Array.from({ length: 100_000 }, () => one));
    flood.write(all);
    await until("the first of them", () => got.length > 100);
    const alice = await connect("alice", "");
    const delays: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      const text = `between ${index}`;
      const beganMs = performance.now();
      await alice.publishAsync("/field/im/bob-1", messageOf("alice", text), { qos: 1 });
      await until(text, () => got.some((each) => each.includes(text)));
      delays.push(performance.now() - beganMs);
    }
    expect(delays.sort((a, b) => a - b)[10], "half of the others' messages, in milliseconds").toBeLessThan(1_000);
    const passed = got.filter((each) => each.includes("burst")).length;
    expect(passed, "a burst and a rate").toBeLessThan(10_000);
    expect(flood.writableLength, "the rest waits at its sender").toBeGreaterThan(all.length / 2);
    const { slowed } = await refused();
    expect(slowed).toBeGreaterThan(0);
    const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers - all.length;
    expect(grown, "what the broker holds of it").toBeLessThan(16 * 1_048_576);
  });

  it.each([
    ["before a login", undefined],
    ["of a device", "alice-1"],
  ] as const)("a payload of 256 MB %s ends the connection before it is there", async (_when, name) => {
    const greedy = createConnection({ host: "127.0.0.1", port: station.mqttPort }).on("error", () => {});
    const closed = once(greedy, "close");
    if (name) {
      const login = { username: name, password: Buffer.from(passwords.get(name) ?? "") };
      greedy.write(generate({ cmd: "connect", clientId: name, clean: true, keepalive: 60, ...login } as never));
      await once(greedy, "data");
    }
    greedy.write(Buffer.from([name ? 0x30 : 0x10, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61]));
    await closed;
    await connect("bob-1");
  });

  it("a device may send less at once than a person", async () => {
    const alice = await connect("alice-1");
    const closed = new Promise((resolve) => alice.once("close", () => resolve(undefined)));
    alice.publish("/field/tele/alice-1", Buffer.alloc(300_000));
    await closed;
    const person = await connect("alice", "");
    await person.publishAsync("/field/page/alice-1", Buffer.alloc(300_000, 0x61), { qos: 1 });
  });
});
