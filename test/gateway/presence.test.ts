/** Own presence, that of contacts, and quiet hours. */
import { describe, expect, it } from "vitest";
import { describePresence } from "../../src/gateway/describe.ts";
import { parseHours, QuietHours } from "../../src/gateway/quiet-hours.ts";
import { TimeZone } from "../../src/gateway/time-zone.ts";
import { ALARM_REPEAT_MS, ROSTER_MAX, ROSTER_WRITES_MAX, SCREEN_RETURN_MS } from "../../src/limits.ts";
import { Roster } from "../../src/pager/roster.ts";
import { asleepUntil } from "../../src/payload/presence.ts";
import { MemoryStore } from "../memory-store.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench, IM, im, publish, settingsOf } from "./bench.ts";
import { testDevice } from "./test-device.ts";

const OWN = "/acme/pres/p1";

/** The payloads of the own presences that were sent since the last call. The broker acknowledges each. */
function said(bench: Bench): string[] {
  const found: string[] = [];
  for (const { topic, payload = "", packetIdentifier = 0 } of bench.sent.splice(0)) {
    if (topic !== OWN) continue;
    found.push(Buffer.from(payload, "latin1").toString("latin1"));
    bench.receive(Uint8Array.of(0x40, 2, packetIdentifier >> 8, packetIdentifier));
  }
  return found;
}

/** Lets time pass, and answers the ping of each minute, so that the connection stays. */
function wait(bench: Bench, ms: number): void {
  for (let left = ms; left > 0; left -= 10_000) {
    bench.pass(Math.min(left, 10_000));
    if (bench.sent.some(({ type }) => type === "pingreq")) bench.receive(fromHex("d000"));
  }
}

describe("own presence", () => {
  it("is away after a time without a touch, and online after the next one, and each is sent once", () => {
    const bench = new Bench({ settings: settingsOf({ "presence.away": 300 }) }).connect();
    bench.sent.splice(0);
    wait(bench, 299_000);
    expect(said(bench)).toEqual([]);
    wait(bench, 2_000);
    expect(said(bench)).toEqual(["T"]);
    bench.gateway.handleButton("c", bench.nowMs);
    bench.drain();
    expect(said(bench)).toEqual(["Q"]);
  });

  it("that the carrier chose takes precedence, also after a reboot, and is sent again on each connection", () => {
    const settings = settingsOf({ "presence.away": 10, "quiet.hours": "on" });
    const bench = new Bench({ settings }).connect();
    expect(bench.sent.find(({ topic }) => topic === OWN)?.payload).toContain("quiet hours");
    bench.sent.splice(0);
    bench.gateway.choosePresence({ status: 15, context: "on call" }, bench.nowMs);
    bench.drain();
    expect(bench.sent.at(-1)?.payload).toContain("on call");
    const again = new Bench({ settings }, bench.store).connect("20020100");
    again.pass(20_000);
    expect(again.sent.filter(({ topic }) => topic === OWN).map(({ payload }) => payload?.slice(-7))).toEqual([
      "on call",
    ]);
    again.receive(fromHex("40020002"));
    again.gateway.choosePresence(undefined, again.nowMs);
    again.drain();
    expect(again.sent.at(-1)?.payload).toContain("quiet hours");
  });
});

describe("the roster", () => {
  it("asks for the presence of each contact and shows the retained one, online first, unknown ones as they come", () => {
    const bench = new Bench({ settings: settingsOf({ contacts: "dan,ann, bob" }) });
    bench.subscriptions = 6;
    bench.connect();
    expect(bench.sent.filter(({ type }) => type === "subscribe")).toHaveLength(1);
    const tell = (uid: string, hex: string) =>
      bench.receive(publish(`/acme/pres/${uid}`, fromHex(hex), { retain: true, qos: 0 }));
    tell("bob", "936c756e6368");
    tell("dan", "51");
    // The station has subscribed for this contact. The status has no meaning yet.
    tell("eve", "57");
    tell("p1", "52");
    const contacts = () =>
      bench.gateway.contacts.map(({ uid, status, context }) => `${uid} ${status} ${context}`.trim());
    expect(contacts()).toEqual(["dan 1", "bob 3 lunch", "eve 7", "ann 0"]);
    tell("dan", "52");
    bench.receive(publish("/acme/pres/bob", new Uint8Array(), { retain: true, qos: 0 }));
    expect(contacts()).toEqual(["eve 7", "dan 2", "ann 0", "bob 0"]);
    expect([bench.gateway.counters.retained, bench.gateway.counters.refused]).toEqual([0, 0]);
    tell("dan", "01");
    expect([contacts()[1], bench.gateway.counters.refused]).toEqual(["dan 2", 1]);
  });

  it("is bounded: an offline contact that is not in the settings makes room", () => {
    const roster = new Roster(["ann"]);
    for (let index = 0; index < ROSTER_MAX - 1; index += 1) roster.update(`u${index}`, 1, "");
    roster.update("late", 1, "");
    expect([roster.contacts.length, roster.turnedAwayCount]).toEqual([ROSTER_MAX, 1]);
    roster.update("u5", 2, "");
    roster.update("late", 1, "");
    const uids = roster.contacts.map(({ uid }) => uid);
    expect([uids.includes("late"), uids.includes("u5"), uids.includes("ann"), uids.length]).toEqual([
      true,
      false,
      true,
      ROSTER_MAX,
    ]);
  });
});

describe("what is known of contacts", () => {
  const tell = (bench: Bench, uid: string, hex: string) =>
    bench.receive(publish(`/acme/pres/${uid}`, fromHex(hex), { packetIdentifier: 9 }));
  const known = (bench: Bench) =>
    bench.gateway.contacts.map(({ uid, status, context }) => `${uid} ${status} ${context}`.trim());
  const settings = (contacts: string) => settingsOf({ contacts });
  const begin = (contacts: string, store?: MemoryStore, connack = "20020100") => {
    const bench = new Bench({ settings: settings(contacts) }, store);
    bench.subscriptions = 3 + contacts.split(",").length;
    return bench.connect(connack);
  };

  it("outlasts a reboot: a broker that kept the session does not send it again", () => {
    const bench = begin("ann,bob", undefined, "20020000");
    bench.pass(60_000);
    tell(bench, "ann", "51");
    tell(bench, "bob", "936c756e6368");
    tell(bench, "eve", "54");
    tell(bench, "bob", "52");
    const again = begin("ann,bob", bench.store);
    expect([known(again), again.screen]).toEqual([
      ["ann 1", "eve 4", "bob 2"],
      expect.stringContaining("1 of 3 online"),
    ]);
    // bob has left the settings and is no contact any more. The station has named eve, so eve stays.
    expect(known(begin("ann", bench.store))).toEqual(["ann 1", "eve 4"]);
    tell(again, "ann", "");
    expect(known(begin("ann,bob", bench.store))).toEqual(["eve 4", "ann 0", "bob 0"]);
  });

  it("is forgotten with the session, because the broker then sends all presences again", () => {
    const bench = begin("ann,bob", undefined, "20020000");
    bench.pass(60_000);
    tell(bench, "ann", "51");
    tell(bench, "bob", "51");
    const again = begin("ann,bob", bench.store, "20020000");
    tell(again, "bob", "51");
    expect(known(again)).toEqual(["bob 1", "ann 0"]);
    again.pass(20_000);
    expect(known(begin("ann,bob", bench.store))).toEqual(["bob 1", "ann 0"]);
  });

  it("is not written if nothing changed, rarely for a restless contact, and in the end as it is", () => {
    const bench = begin("ann", undefined, "20020000");
    bench.pass(60_000);
    tell(bench, "ann", "51");
    const { writes } = bench.store;
    for (let count = 0; count < 100; count += 1) tell(bench, "ann", "51");
    expect(bench.store.writes).toBe(writes);
    for (let count = 0; count < 1000; count += 1) tell(bench, "ann", count % 2 ? "51" : "53");
    tell(bench, "ann", "54");
    expect(bench.store.writes - writes).toBeLessThanOrEqual(ROSTER_WRITES_MAX);
    wait(bench, 60_000);
    expect(known(begin("ann", bench.store))).toEqual(["ann 4"]);
  });
});

it("contacts for whom the roster has no room are counted, and the screen says so", () => {
  const bench = new Bench().connect();
  for (let index = 0; index <= ROSTER_MAX; index += 1)
    bench.receive(publish(`/acme/pres/u${index}`, fromHex("51"), { retain: true, qos: 0 }));
  expect([bench.gateway.contacts.length, bench.gateway.counters.strangers]).toEqual([ROSTER_MAX, 1]);
  expect(bench.screen).toContain("contacts left out");
});

describe("a message to a group", () => {
  it("shows group and sender, and its receipts go to the sender alone", () => {
    const bench = new Bench({ settings: settingsOf({ groups: "ops" }) });
    bench.subscriptions = 4;
    bench.connect();
    bench.takeSent();
    bench.receive(publish("/acme/im/ops", im("g1", "all hands")));
    expect(bench.screen).toMatch(/station.*ops/);
    const topics = bench.sent.flatMap(({ topic }) => topic ?? []);
    expect(new Set(topics)).toEqual(new Set(["/acme/im/station"]));
  });

  it("is shown if the station has subscribed to its group", () => {
    const bench = new Bench().connect();
    bench.receive(publish("/acme/im/night-shift", im("g2", "gate 4")));
    expect(bench.screen).toContain("night-shift");
  });
});

describe("quiet hours", () => {
  it.each([
    ["22:00-07:00", 0, "23:00", true],
    ["22:00-07:00", 0, "06:59", true],
    ["22:00-07:00", 0, "07:00", false],
    ["22:00-07:00", 60, "06:30", false],
    ["09:00-17:30", 0, "17:29", true],
    ["09:00-17:30", 0, "08:59", false],
    ["on", 0, "12:00", true],
    ["off", 0, "12:00", false],
    ["", 0, "12:00", false],
  ] as const)("%s, %i minutes ahead of UTC, at %s UTC: %s", (hours, offset, time, isQuiet) => {
    const quiet = new QuietHours(
      testDevice({ settings: settingsOf({ "quiet.hours": hours, "screen.utcOffset": offset }) }),
    );
    const [h = 0, m = 0] = time.split(":").map(Number);
    const seconds = 86_400 * 19_000 + 3600 * h + 60 * m;
    quiet.update(seconds);
    expect(quiet.isQuiet).toBe(isQuiet);
    const remainingMs = quiet.remainingMs(seconds);
    if (remainingMs === undefined) return;
    quiet.update(seconds + remainingMs / 1000 - 1);
    expect(quiet.isQuiet).toBe(isQuiet);
    quiet.update(seconds + remainingMs / 1000);
    expect(quiet.isQuiet).toBe(!isQuiet);
  });

  it.each([
    [
      "Mon-Fri 22:00-06:00",
      0,
      "Mon 22:00, Tue 06:00, Tue 22:00, Wed 06:00, Wed 22:00, Thu 06:00, Thu 22:00, Fri 06:00, Fri 22:00, Sat 06:00",
    ],
    ["Fri-Sun 23:30-09:00", 0, "Mon 09:00, Fri 23:30, Sat 09:00, Sat 23:30, Sun 09:00, Sun 23:30"],
    ["Wed 12:00-13:15", 0, "Wed 12:00, Wed 13:15"],
    ["Wed 12:00-13:00,Sat 00:30-08:00", -60, "Wed 13:00, Wed 14:00, Sat 01:30, Sat 09:00"],
    [
      "Sun-Tue 22:00-06:30, Tue-Thu 21:00-05:00, Sat 23:00-10:00",
      60,
      "Mon 05:30, Mon 21:00, Tue 05:30, Tue 20:00, Wed 05:30, Wed 20:00, Thu 04:00, Thu 20:00, Fri 04:00, Sat 22:00, Sun 09:00, Sun 21:00",
    ],
  ])("%s, %i minutes ahead of UTC: they begin and end on their days", (hours, offset, changes) => {
    const settings = settingsOf({ "quiet.hours": hours, "screen.utcOffset": offset });
    const quiet = new QuietHours(testDevice({ settings }));
    const monday = Date.UTC(2026, 10, 23) / 1000;
    const seen: string[] = [];
    quiet.update(monday);
    for (let seconds = monday; ; ) {
      const { isQuiet } = quiet;
      seconds += (quiet.remainingMs(seconds) as number) / 1000;
      if (seconds >= monday + 7 * 86_400) break;
      quiet.update(seconds - 1);
      expect(quiet.isQuiet).toBe(isQuiet);
      quiet.update(seconds);
      const [day, , , , time = ""] = new Date(1000 * seconds).toUTCString().split(/[ ,]+/);
      if (quiet.isQuiet !== isQuiet) seen.push(`${day} ${time.slice(0, 5)}`);
    }
    expect(seen.join(", ")).toBe(changes);
  });

  it.each([
    "22:00",
    "24:00-07:00",
    "22:60-07:00",
    "22:00-22:00",
    "yes",
    "Mon",
    "mon 22:00-07:00",
    "Mon- 22:00-07:00",
    "Mon-Tue-Wed 22:00-07:00",
    "Mon-Fri  22:00-07:00",
    "unM 22:00-07:00",
    "22:00-07:00,",
    "on, 22:00-07:00",
    "Mon 22:00-07:00 Tue",
    "01:00-02:00,03:00-04:00,05:00-06:00,07:00-08:00,09:00-10:00",
  ])("does not take %s", (text) => {
    expect(parseHours(text)).toBeUndefined();
    expect(() => settingsOf({ "quiet.hours": text })).toThrow("quiet.hours");
  });

  it("follow daylight saving time, also in the night in which the clock is moved", () => {
    // Berlin, 29 March 2026: at 01:00 UTC 02:00 becomes 03:00; 25 October 2026: at 01:00 UTC 03:00 becomes 02:00.
    for (const [day, ends] of [
      [Date.UTC(2026, 2, 28), Date.UTC(2026, 2, 29, 5)],
      [Date.UTC(2026, 9, 24), Date.UTC(2026, 9, 25, 6)],
    ] as const) {
      const settings = settingsOf({ "quiet.hours": "22:00-07:00", "screen.timeZone": "Europe/Berlin" });
      const quiet = new QuietHours(testDevice({ settings }));
      let seconds = day / 1000 + 79_200;
      quiet.update(seconds);
      expect(quiet.isQuiet).toBe(true);
      while (quiet.isQuiet) {
        seconds += (quiet.remainingMs(seconds) ?? Number.NaN) / 1000;
        quiet.update(seconds);
      }
      expect(seconds).toBe(ends / 1000);
    }
  });

  it("can be changed, also across a reboot, and go back to the setting; without a clock only `on` is quiet", () => {
    const store = new MemoryStore();
    const settings = settingsOf({ "quiet.hours": "22:00-07:00" });
    const quiet = new QuietHours(testDevice({ settings, store }));
    expect([quiet.set("noon"), quiet.set("on")]).toEqual([false, true]);
    const again = new QuietHours(testDevice({ settings, store }));
    again.update(undefined);
    expect(again.isQuiet).toBe(true);
    expect(again.set("setting")).toBe(true);
    again.update(undefined);
    expect([again.isQuiet, again.hours, store.keys()]).toEqual([false, "22:00-07:00", []]);
  });

  it("let only priority 5 and chosen senders sound; at their end one sound tells of the rest", () => {
    // The bench begins one second after 22:13.
    const bench = new Bench({ settings: settingsOf({ "quiet.hours": "22:00-22:15" }) }).connect();
    bench.receive(publish(IM, im("1", "normal")), publish(IM, im("2", "high", { priority: 4 })));
    expect([bench.alerts, bench.gateway.unreadCount]).toEqual([[], 2]);
    bench.receive(publish(IM, im("3", "fire", { priority: 5 })));
    expect(bench.alerts).toEqual([5]);
    wait(bench, ALARM_REPEAT_MS);
    expect(bench.alerts).toEqual([5, 5]);
    const chosen = new Bench({ settings: settingsOf({ "quiet.hours": "on", "quiet.senders": "station" }) }).connect();
    chosen.receive(publish(IM, im("1", "normal")));
    expect(chosen.alerts).toEqual([3]);
    const digest = new Bench({ settings: settingsOf({ "quiet.hours": "22:00-22:15" }) }).connect();
    digest.receive(publish(IM, im("1", "normal")), publish(IM, im("2", "also")));
    wait(digest, 120_000);
    expect(digest.alerts).toEqual([3]);
  });
});

describe("the one sound after quiet hours", () => {
  const settings = settingsOf({ "quiet.hours": "22:00-22:15" });

  it("comes once, also if the device has restarted meanwhile", () => {
    const before = new Bench({ settings }).connect();
    before.receive(publish(IM, im("1", "normal")));
    let isSet = false;
    const bench: Bench = new Bench(
      { settings, wallClock: () => (isSet ? 1_700_000_000 + bench.nowMs / 1000 : undefined) },
      before.store,
    );
    bench.connect("20020100");
    // The clock is not set: it may be a quiet hour.
    wait(bench, 30_000);
    expect(bench.alerts).toEqual([]);
    isSet = true;
    wait(bench, 60_000);
    expect(bench.alerts).toEqual([]);
    wait(bench, 60_000);
    expect(bench.alerts).toEqual([3]);
    const again = new Bench({ settings }, before.store).connect("20020100");
    wait(again, 300_000);
    expect(again.alerts).toEqual([]);
  });

  it("comes with a list of what there is to read, which gives way to the newest message", () => {
    const bench = new Bench({ settings }).connect();
    bench.receive(publish(IM, im("1", "Pump 3")), publish(IM, im("2", "Pump 4")));
    // The bench begins 99 seconds before a quarter past ten.
    wait(bench, 95_000);
    expect(bench.screen).not.toContain("inbox");
    wait(bench, 10_000);
    expect(bench.screen).toMatch(/inbox {2}1\/2 \| >.*Pump 4.*\|.*Pump 3/);
    wait(bench, SCREEN_RETURN_MS);
    expect(bench.screen).not.toContain("inbox");
    expect(bench.screen).toContain("Pump 4");
  });

  it.each([
    ["there is one message, which is on the screen", "", 1],
    ["the carrier is at something", "a", 2],
    ["an alert is up", "alert", 2],
  ])("comes without a list where %s", (_, what, count) => {
    const bench = new Bench({ settings }).connect();
    for (let index = 0; index < count; index += 1) bench.receive(publish(IM, im(`${index}`, `Pump ${index}`)));
    if (what === "alert") bench.receive(publish(IM, im("fire", "Fire", { priority: 5 })));
    wait(bench, 95_000);
    if (what === "a") bench.gateway.handleButton("a", bench.nowMs);
    bench.drain();
    const { screen } = bench;
    wait(bench, 5_000);
    expect(bench.alerts.filter((priority) => priority === 3)).toEqual([3]);
    expect(bench.screen.split(" | ").slice(1)).toEqual(screen.split(" | ").slice(1));
  });

  it("comes also if they ended while the device was off", () => {
    const before = new Bench({ settings }).connect();
    before.receive(publish(IM, im("1", "normal")));
    const late = new Bench({ settings, wallClock: () => 1_700_010_000 }, before.store).connect("20020100");
    expect(late.alerts).toEqual([3]);
  });
});

describe("a page of priority 4 or 5", () => {
  it("sounds again and again in quiet hours if its priority is 5, whatever comes after it", () => {
    const bench = new Bench({ settings: settingsOf({ "quiet.hours": "on" }) }).connect();
    bench.receive(publish(IM, im("1", "fire", { priority: 5 })));
    wait(bench, ALARM_REPEAT_MS / 2);
    bench.receive(publish(IM, im("2", "high", { priority: 4 })));
    wait(bench, 2 * ALARM_REPEAT_MS);
    expect(bench.alerts).toEqual([5, 5, 5]);
  });

  it("is not forgotten over a restart", () => {
    const before = new Bench().connect();
    before.receive(publish(IM, im("1", "pump", { priority: 4 })));
    const bench = new Bench({}, before.store).connect("20020100");
    expect(bench.alerts).toEqual([]);
    wait(bench, 2 * ALARM_REPEAT_MS);
    expect(bench.alerts).toEqual([4, 4]);
  });

  it("sounds again and again until it is acknowledged", () => {
    const bench = new Bench().connect();
    bench.receive(publish(IM, im("1", "pump", { priority: 4 })));
    wait(bench, 2 * ALARM_REPEAT_MS);
    expect(bench.alerts).toEqual([4, 4, 4]);
    bench.gateway.handleButton("b", bench.nowMs);
    wait(bench, 3 * ALARM_REPEAT_MS);
    expect(bench.alerts).toEqual([4, 4, 4]);
  });
});

describe("a presence in words", () => {
  const berlin = new TimeZone("CET-1CEST,M3.5.0,M10.5.0/3");
  it.each([
    [asleepUntil(1_700_000_000), "asleep until 23:13"],
    [asleepUntil(undefined), "asleep"],
    [{ status: 5, context: "soon" }, "asleep: soon"],
    [{ status: 1, context: "1700000000" }, "online: 1700000000"],
    [{ status: 6, context: "" }, "unknown (6)"],
  ])("%j", (presence, words) => {
    expect(describePresence(presence, berlin)).toBe(words);
  });
});
