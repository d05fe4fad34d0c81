import { describe, expect, it } from "vitest";
import { Commands } from "../../src/gateway/commands.ts";
import type { Device } from "../../src/gateway/device.ts";
import { Diagnostics } from "../../src/gateway/diagnostics.ts";
import { LogLines } from "../../src/gateway/log-lines.ts";
import { LogSource } from "../../src/gateway/log-source.ts";
import { PresenceSource } from "../../src/gateway/presence-source.ts";
import { QuietHours } from "../../src/gateway/quiet-hours.ts";
import type { SettingTable } from "../../src/gateway/setting.ts";
import { SETTINGS } from "../../src/gateway/settings.ts";
import { StoredSettings } from "../../src/gateway/stored-settings.ts";
import { Updates } from "../../src/gateway/updates.ts";
import {
  COMMAND_REASON_MAX,
  COMMAND_RESTART_MS,
  COMMAND_RESULTS_MAX,
  COMMANDS_REMEMBERED_MAX,
} from "../../src/limits.ts";
import type { Publish } from "../../src/mqtt/packet.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { MemoryStore } from "../memory-store.ts";
import { Bench as GatewayBench, IM, im, publish } from "./bench.ts";
import { testDevice } from "./test-device.ts";

const NOW = 1_700_000_000;
const TOPIC = "/acme/cmd/p1";

/** The commands of a device that holds one message, `m1` of `bob`. */
class Bench {
  nowSeconds: number | undefined = NOW;
  readonly store: MemoryStore;
  readonly commands: Commands;
  private readonly device: Device;
  private readonly quietHours: QuietHours;
  private readonly presence: PresenceSource;

  constructor(store = new MemoryStore()) {
    this.store = store;
    this.device = testDevice({ store, wallClock: () => this.nowSeconds });
    this.quietHours = new QuietHours(this.device);
    this.presence = new PresenceSource(this.device, this.quietHours);
    const { quietHours, presence } = this;
    this.commands = new Commands(this.device, {
      quietHours,
      presence,
      diagnostics: new Diagnostics(this.device, [], "start"),
      log: new LogSource(this.device, new LogLines([])),
      updates: new Updates(this.device, undefined),
      storedSettings: new StoredSettings(store, {}),
    });
    this.receive("m1");
  }

  receive(id: string): void {
    const name = id.padEnd(16, "0");
    this.device.inbox.insert(
      { fingerprint: name, sender: "bob", id, text: "hi", priority: 3, timestampSeconds: NOW },
      NOW,
    );
  }

  /** Everything that a command may change. */
  get state() {
    const { length, unreadCount } = this.device.inbox;
    const { status, context } = this.presence.current(0);
    const dwellMs = dwellOf(new StoredSettings(this.store, {}));
    return { length, unreadCount, hours: this.quietHours.hours, presence: `${status} ${context}`, dwellMs };
  }

  /** What the host was asked to do since the last call, without lines of the log. */
  takeEvents(): string[] {
    const types: string[] = [];
    for (let event = this.device.events.poll(); event; event = this.device.events.poll()) types.push(event.type);
    return types.filter((type) => type !== "log");
  }

  /** Hands in a command and returns its result. */
  send(
    command: unknown,
    properties: Publish["properties"] = {},
  ): { ok: boolean; error?: string; note?: string; id?: string } {
    const payload = encodeUtf8(typeof command === "string" ? command : JSON.stringify(command));
    const publish = { topic: TOPIC, payload, properties, retain: false, dup: false } as Publish;
    expect(this.commands.matches(TOPIC)).toBe(true);
    try {
      expect(this.commands.take(publish, 1_000)).toBe(true);
    } catch (error) {
      expect(error).toHaveProperty("field");
    }
    return this.result();
  }

  result() {
    const outgoing = this.commands.next();
    expect(outgoing).toMatchObject({ topic: `${TOPIC}/result`, qos: 1, retain: false });
    outgoing?.handleSent();
    return JSON.parse(new TextDecoder().decode(outgoing?.payload));
  }
}

const at = (command: object, id = "c1") => ({ id, at: NOW, ...command });

describe("a command", () => {
  it.each([
    [
      { do: "retract", message: "m1" },
      { length: 0, unreadCount: 0 },
    ],
    [
      { do: "retract", message: "m1", from: "bob" },
      { length: 0, unreadCount: 0 },
    ],
    [{ do: "read", message: "m1" }, { unreadCount: 0 }],
    [{ do: "quiet", hours: "22:00-07:00" }, { hours: "22:00-07:00" }],
    [{ do: "presence", status: "busy", text: "lunch" }, { presence: "3 lunch" }],
    [{ do: "presence", status: "auto" }, {}],
    [{ do: "settings", set: { "screen.dwell": 100 } }, { dwellMs: 100 }],
    [{ do: "identify" }, { length: 2, unreadCount: 2 }],
  ])("%j is done, and answered once", (command, changed) => {
    const bench = new Bench();
    const before = bench.state;
    expect(bench.send(at(command))).toMatchObject({ id: "c1", ok: true });
    expect(bench.state).toEqual({ ...before, ...changed });
    expect(bench.takeEvents()).toEqual(command.do === "identify" ? ["alert"] : []);
    expect(bench.commands.next()).toBeUndefined();
  });

  it.each([
    [{ do: "retract", message: "none" }, "there is no such message"],
    [{ do: "read", message: "none" }, "there is no such unread message"],
    [{ do: "quiet", hours: "25:00" }, "hours: expected for example"],
    [{ do: "presence", status: "busy", text: "x".repeat(256) }, "text: expected at most 255 bytes"],
    [{ do: "settings", set: { bad: 1 } }, "setting bad: there is no such setting"],
    [{ do: "retract", message: "m1", from: "eve" }, "there is no such message"],
    [
      { do: "presence", status: "gone" },
      'command status at byte 0: "gone", expected one of online, busy, away, custom, auto',
    ],
    [{ do: "presence", status: "toString" }, "command status"],
    [{ do: "retract" }, "command message at byte 0: undefined, expected text"],
    [{ do: "retract", message: "m", from: 7 }, "command from"],
    [{ do: "quiet" }, "command hours"],
    [{ do: "settings", set: [] }, "command set"],
    [{ do: "reboot" }, "command do"],
    [{}, "command do"],
    [{ do: "identify", ex: 86_401 }, "command ex"],
    [{ do: "identify", at: "now" }, "command at"],
  ])("%j is not done or remembered, and the answer says why", (command, error) => {
    const bench = new Bench();
    const before = [bench.state, bench.store.keys()];
    expect(bench.send(at(command))).toMatchObject({ ok: false, error: expect.stringContaining(error) });
    expect([bench.state, bench.store.keys()]).toEqual(before);
  });

  it.each(["", "no", "[]", '{"do":"identify"}', '{"id":"","do":"identify"}', `{"id":"${"i".repeat(24)}"}`])(
    "without a name that can be read is answered all the same: %s",
    (payload) => {
      const result = new Bench().send(payload);
      expect(result).toMatchObject({ ok: false, error: expect.stringContaining("command") });
      expect(result.id).toBeUndefined();
    },
  );

  it.each([
    ["held until now", { at: NOW - 60 }, {}, true],
    ["is stale by a second", { at: NOW - 61 }, {}, "stale: it expired 1 s ago"],
    ["says itself how long it holds", { at: NOW - 3_600, ex: 3_600 }, {}, true],
    ["is stale at once", { at: NOW - 1, ex: 0 }, {}, "stale"],
    ["is from a clock that is ahead", { at: NOW + 300 }, {}, true],
    ["is from the future", { at: NOW + 301 }, {}, "301 s ahead"],
    ["has no time", {}, {}, "neither at nor a message expiry"],
    ["has its time kept by the broker", {}, { messageExpiryInterval: 5 }, true],
    ["is stale in spite of the broker", { at: NOW - 61 }, { messageExpiryInterval: 5 }, "stale"],
  ])("that %s", (_, times, properties, expected) => {
    const bench = new Bench();
    const result = bench.send({ id: "c1", do: "identify", ...times }, properties);
    expect(result.error ?? result.ok).toEqual(expected === true ? true : expect.stringContaining(expected as string));
    expect(bench.takeEvents()).toEqual(expected === true ? ["alert"] : []);
  });

  it("with a message expiry alone is obeyed by a device whose clock is not set", () => {
    const bench = new Bench();
    bench.nowSeconds = undefined;
    expect(bench.send(at({ do: "identify" })).error).toContain("clock is not set");
    expect(bench.send(at({ do: "identify" }), { messageExpiryInterval: 60 }).ok).toBe(true);
  });

  it("that comes again is answered and not done again, even if it is stale or the device has restarted", () => {
    const bench = new Bench();
    bench.send(at({ do: "identify" }));
    bench.nowSeconds = NOW + 1_000;
    expect(bench.send(at({ do: "identify" }))).toEqual({ id: "c1", ok: true, note: "done before" });
    const again = new Bench(bench.store);
    expect(again.send(at({ do: "identify" }))).toMatchObject({ ok: true, note: "done before" });
    expect([...bench.takeEvents(), ...again.takeEvents()]).toEqual(["alert"]);
  });

  it("that failed is done if it comes again", () => {
    const bench = new Bench();
    expect(bench.send(at({ do: "retract", message: "m2" })).ok).toBe(false);
    bench.receive("m2");
    expect(bench.send(at({ do: "retract", message: "m2" })).ok).toBe(true);
  });

  it("is remembered as long as the limit says", () => {
    const bench = new Bench();
    for (let index = 0; index <= COMMANDS_REMEMBERED_MAX; index += 1) bench.send(at({ do: "identify" }, `c${index}`));
    expect(bench.send(at({ do: "identify" }, "c1")).note).toBe("done before");
    expect(bench.send(at({ do: "identify" }, "c0")).note).toBeUndefined();
  });

  it("is done although the record of commands is damaged", () => {
    const store = new MemoryStore();
    for (const record of ["", "no", "{}", "[1]"]) {
      store.write("commands", encodeUtf8(record));
      expect(new Bench(store).send(at({ do: "identify" })).ok).toBe(true);
    }
  });
});

describe("restart", () => {
  it("is recorded first, comes when the broker has its result, and is not done again", () => {
    const bench = new Bench();
    bench.commands.take(
      { topic: TOPIC, payload: encodeUtf8(JSON.stringify(at({ do: "restart" }))), properties: {} } as Publish,
      0,
    );
    const outgoing = bench.commands.next();
    outgoing?.handleSent();
    expect(bench.takeEvents()).toEqual([]);
    expect(bench.store.keys()).toContain("commands");
    outgoing?.handleTaken?.();
    expect(bench.takeEvents()).toEqual(["restart"]);
    const again = new Bench(bench.store);
    expect(again.send(at({ do: "restart" }))).toMatchObject({ ok: true, note: "done before" });
    expect([again.commands.timeoutMs, again.takeEvents()]).toEqual([undefined, []]);
  });

  it("does not wait for ever for the broker", () => {
    const bench = new Bench();
    bench.send(at({ do: "restart" }));
    expect(bench.commands.timeoutMs).toBe(1_000 + COMMAND_RESTART_MS);
    bench.commands.handleTimeout(1_000 + COMMAND_RESTART_MS - 1);
    expect(bench.takeEvents()).toEqual([]);
    bench.commands.handleTimeout(1_000 + COMMAND_RESTART_MS);
    bench.commands.handleTimeout(1_000 + 2 * COMMAND_RESTART_MS);
    expect(bench.takeEvents()).toEqual(["restart"]);
  });

  it("that cannot be recorded is not done: it would be done again and again", () => {
    const bench = new Bench();
    bench.store.isFailing = true;
    expect(bench.send(at({ do: "restart" }))).toMatchObject({ ok: false, error: "flash is full" });
    expect(bench.commands.timeoutMs).toBeUndefined();
  });
});

it.each([
  ["many names", Object.fromEntries(Array.from({ length: 180 }, (_, index) => [`no-setting-${index}`, 1]))],
  ["a long value", { "quiet.hours": "\u0001".repeat(600) }],
])("a result that names %s is cut, and what comes behind it is sent", (_, set) => {
  const store = new MemoryStore();
  const bench = new GatewayBench({ storedSettings: new StoredSettings(store, {}) }, store).connect();
  bench.takeSent();
  bench.receive(publish("/acme/cmd/p1", encodeUtf8(JSON.stringify({ id: "c1", at: NOW, do: "settings", set }))));
  bench.receive(publish(IM, im("m1", "after it"), { packetIdentifier: 8 }));
  const sent = bench.takeSent();
  const results = sent.filter((line) => line.startsWith("/acme/cmd/p1/result "));
  expect(results).toHaveLength(1);
  const result = JSON.parse(results[0]?.slice("/acme/cmd/p1/result ".length) ?? "");
  expect([result.ok, result.error.length]).toEqual([false, COMMAND_REASON_MAX]);
  expect(result.error).toMatch(/^setting .*…$/s);
  expect(sent.some((line) => line.includes('"id":"m1","st":"stored"'))).toBe(true);
});

it("results wait for the connection, as many as the limit says", () => {
  const bench = new Bench();
  for (let index = 0; index <= COMMAND_RESULTS_MAX; index += 1)
    bench.commands.take(
      {
        topic: TOPIC,
        payload: encodeUtf8(JSON.stringify(at({ do: "identify" }, `c${index}`))),
        properties: {},
      } as Publish,
      0,
    );
  expect(Array.from({ length: COMMAND_RESULTS_MAX }, () => bench.result().id)).toEqual(
    Array.from({ length: COMMAND_RESULTS_MAX }, (_, index) => `c${index + 1}`),
  );
  expect(bench.commands.next()).toBeUndefined();
});

function dwellOf({ result }: StoredSettings): number | readonly string[] {
  return "settings" in result ? result.settings.screen.dwellMs : result.errors;
}

describe("settings changed by a command", () => {
  it("take effect at the next start, take precedence over the configuration, and are forgotten with null", () => {
    const store = new MemoryStore();
    const configured = { "screen.dwell": 1 };
    const settings = new StoredSettings(store, configured);
    expect(settings.change({ "screen.dwell": "2" })).toEqual([]);
    expect(dwellOf(settings)).toBe(1);
    const next = new StoredSettings(store, configured);
    expect(dwellOf(next)).toBe(2);
    expect(next.change({ "quiet.hours": "on" })).toEqual([]);
    expect(next.change({ "screen.dwell": null })).toEqual([]);
    expect(dwellOf(new StoredSettings(store, configured))).toBe(1);
    expect(next.change({ "quiet.hours": null })).toEqual([]);
    expect(store.keys()).toEqual([]);
  });

  it("cannot be a credential, nor one that could cut the device off", () => {
    const settings = new StoredSettings(new MemoryStore(), {});
    const changeable = Object.keys(SETTINGS).filter((name) => (SETTINGS as SettingTable)[name]?.isChangeable);
    const others = Object.keys(SETTINGS).filter((name) => !changeable.includes(name));
    expect(others.filter((name) => !/^(env|uid|broker\..*)$/.test(name))).toEqual([]);
    expect(changeable.filter((name) => /^(env|uid|broker\.|wifi\.)|password|key|userName/i.test(name))).toEqual([]);
    for (const name of others) expect(settings.change({ [name]: "x" })).toEqual([`setting ${name}: not by a command`]);
    expect(settings.change({ nonsense: 1, toString: 1 })).toHaveLength(2);
  });

  it("are checked together with the configuration: one wrong setting in a command changes nothing", () => {
    const store = new MemoryStore();
    const settings = new StoredSettings(store, { "telemetry.format": "cbor" });
    expect(settings.change({ "screen.dwell": 5, "telemetry.interval": -1 })).toEqual([
      expect.stringContaining("setting telemetry.interval: -1"),
    ]);
    expect(settings.change({ "homeAssistant.discovery": "yes" })).toEqual([
      expect.stringContaining("telemetry.format"),
    ]);
    expect(settings.change({ "homeAssistant.discovery": "yes", "telemetry.format": "json" })).toEqual([]);
    expect(store.writes).toBe(1);
  });

  it("are ignored if they are damaged or no longer allowed: the device starts", () => {
    for (const record of ['{"screen.dwell":-1}', '{"uid":"other"}', "no", "null", '{"screen.dwell":{}}', "7"]) {
      const store = new MemoryStore();
      store.write("settings", encodeUtf8(record));
      expect(dwellOf(new StoredSettings(store, { "screen.dwell": 3 }))).toBe(3);
    }
  });

  it("throw what the store throws, and do not change then", () => {
    const store = new MemoryStore();
    const settings = new StoredSettings(store, {});
    store.isFailing = true;
    expect(() => settings.change({ "screen.dwell": 5 })).toThrow("flash is full");
    store.isFailing = false;
    expect(settings.change({ "quiet.hours": "on" })).toEqual([]);
    expect(dwellOf(new StoredSettings(store, {}))).toBe(500);
  });
});
