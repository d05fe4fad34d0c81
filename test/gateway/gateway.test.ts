import { describe, expect, it } from "vitest";
import { ALARM_BURST_MS, HASTY_ENDINGS_MAX, INFLIGHT_MAX, SUBSCRIBE_RETRY_MS } from "../../src/limits.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { fromHex, toHex } from "../vectors/vector.ts";
import { Bench, IM, im, PAGE, publish, settingsOf } from "./bench.ts";

describe("a push", () => {
  it("is stored, acknowledged, shown and sounded, and the sender gets both receipts in order", () => {
    const bench = new Bench().connect();
    bench.takeSent();
    bench.receive(publish(IM, im("m1", "Pump 3 hot", { title: "Boiler" })));
    const [first, ...rest] = bench.takeSent();
    expect(first).toBe("puback 7");
    expect(rest).toEqual([
      expect.stringMatching(/^\/acme\/im\/station .*"id":"m1","st":"stored"\}p1$/),
      expect.stringMatching(/^\/acme\/im\/station .*"id":"m1","st":"shown"\}p1$/),
    ]);
    expect(bench.screens.at(-1)).toEqual([
      "22:13  online  1 unread",
      "*  station  14 Nov 22:13",
      "Boiler",
      "Pump 3 hot",
      "read  home",
    ]);
    expect(bench.alerts).toEqual([3]);
  });

  it("that comes twice is acknowledged twice and shown once, also after a restart", () => {
    const bench = new Bench().connect();
    bench.receive(publish(IM, im("m1", "once")));
    const screens = bench.screens.length;
    bench.takeSent();
    bench.receive(publish(IM, im("m1", "once"), { dup: true }));
    expect(bench.takeSent()).toEqual(["puback 7"]);
    const again = new Bench({}, bench.store).connect("20020100");
    again.takeSent();
    again.receive(publish(IM, im("m1", "once"), { dup: true }));
    expect(again.takeSent()[0]).toBe("puback 7");
    expect([bench.screens.length, bench.gateway.counters.duplicates, again.gateway.counters.duplicates]).toEqual([
      screens,
      1,
      1,
    ]);
    expect([bench.alerts, again.alerts]).toEqual([[3], []]);
  });

  it("that the store refuses is not acknowledged: the connection ends, and the broker sends it again", () => {
    const bench = new Bench().connect();
    bench.takeSent();
    bench.store.isFailing = true;
    bench.receive(publish(IM, im("m1", "x")));
    expect(bench.takeSent()).toEqual([]);
    expect(bench.events.at(-2)).toEqual({ type: "close" });
    expect([bench.gateway.counters.storeFailures, bench.gateway.counters.stored]).toEqual([1, 0]);
    expect(bench.screen).toContain("1 flash errors");
    bench.store.isFailing = false;
    bench.pass(60_000);
    bench.gateway.handleConnected(bench.nowMs);
    bench.receive(fromHex("20020100"));
    bench.receive(publish(IM, im("m1", "x"), { dup: true }));
    expect(bench.takeSent()).toContain("puback 7");
    expect(bench.gateway.counters.stored).toBe(1);
  });

  it("of priority 1 makes no sound, and its sender gets the receipt read", () => {
    const bench = new Bench().connect();
    bench.receive(publish(IM, im("m1", "quiet", { priority: 1 })));
    expect(bench.alerts).toEqual([]);
    bench.takeSent();
    bench.gateway.handleButton("b", bench.nowMs);
    bench.drain();
    expect(bench.takeSent()).toEqual([expect.stringContaining('"st":"read"')]);
    expect(bench.screen).toContain("nothing new");
  });

  it("of a burst of 300 is stored, acknowledged, and shown long enough for a person to see it", () => {
    const bench = new Bench({ settings: settingsOf({ "screen.dwell": 500 }) }).connect();
    bench.takeSent();
    const packets = Array.from({ length: 300 }, (_, index) =>
      publish(IM, im(undefined, `text ${index}`), { packetIdentifier: index + 1 }),
    );
    bench.receive(...packets);
    for (let step = 0; step < 4; step += 1) bench.pass(500);
    // While the messages come, the screen is painted only a few times.
    expect([bench.gateway.counters.stored > 190, bench.screens.length < 20]).toEqual([true, true]);
    for (let step = 0; step < 400; step += 1) bench.pass(500);
    const acknowledged = bench.takeSent().filter((line) => line.startsWith("puback")).length;
    const shown = new Set(bench.screens.map((screen) => screen.join(" ").match(/text \d+/)?.[0]));
    shown.delete(undefined);
    expect([acknowledged, bench.gateway.counters.stored, shown.size]).toEqual([300, 300, 300]);
    // There is one sound for all of them.
    expect(bench.alerts).toEqual([3]);
    // Some messages left the full inbox unread, and the screen says so.
    const { dropped } = bench.gateway.counters;
    expect(dropped).toBeGreaterThan(0);
    expect(bench.screen).toContain(`${dropped} dropped`);
  });
});

describe("a message without effect is acknowledged, counted and named in the status", () => {
  it.each([
    ["random bytes", publish(IM, fromHex("ffffffffffffffff")), "1 bad", "refused"],
    ["a message of 4.1 KB", publish(IM, new Uint8Array(4200)), "1 too large", "oversize"],
    ["a retained page", publish(PAGE, encodeUtf8("last week"), { retain: true }), "1 old", "retained"],
    ["a topic that is not ours", publish("/acme/tele/p2", im("m", "x")), "1 bad", "refused"],
    [
      "a sender that is no topic level",
      publish(IM, fromHex("00000000 11 00 0000000b 7b22636f223a226869227d 612f62")),
      "1 bad",
      "refused",
    ],
  ] as const)("%s", (_name, bytes, words, counter) => {
    const bench = new Bench().connect();
    bench.takeSent();
    bench.receive(bytes);
    expect(bench.takeSent()).toEqual(["puback 7"]);
    expect(bench.screen).toContain(words);
    expect(bench.gateway.counters[counter]).toBe(1);
    expect(bench.alerts).toEqual([]);
    bench.receive(publish(IM, im("m1", "still here")));
    expect(bench.screen).toContain("still here");
  });
});

describe("a plain page", () => {
  it("is a line of text, shown without a sender and without receipts", () => {
    const bench = new Bench().connect();
    bench.takeSent();
    bench.receive(publish(PAGE, encodeUtf8("Door open"), { qos: 0 }));
    expect(bench.takeSent()).toEqual([]);
    expect(bench.screen).toContain("Door open");
    expect(bench.screen).toContain("*  page");
  });

  it("with an id gets receipts as JSON on its own topic", () => {
    const bench = new Bench().connect();
    bench.takeSent();
    bench.receive(publish(PAGE, encodeUtf8('{"co":"Door open","id":"d1","pr":4}')));
    expect(bench.takeSent()).toEqual([
      "puback 7",
      '/acme/page/p1/receipt {"id":"d1","st":"stored"}',
      '/acme/page/p1/receipt {"id":"d1","st":"shown"}',
    ]);
    expect(bench.screen).toContain("!  *  page");
  });

  it("with the same words is a new page, unless the broker marks it as a repeat", () => {
    const bench = new Bench().connect();
    const door = encodeUtf8("Door open");
    bench.receive(publish(PAGE, door));
    bench.receive(publish(PAGE, door, { dup: true }));
    bench.receive(publish(PAGE, door));
    expect([bench.gateway.counters.stored, bench.gateway.counters.duplicates]).toEqual([2, 1]);
  });

  it("shows control characters as U+FFFD", () => {
    const bench = new Bench().connect();
    bench.receive(publish(PAGE, encodeUtf8("a\tb\u0007c")));
    expect(bench.screen).toContain("a b\ufffdc");
  });
});

describe("presence", () => {
  it("is online, retained, after connecting, with offline as the will, and offline on a clean end", () => {
    const bench = new Bench();
    bench.gateway.start(bench.nowMs);
    bench.drain();
    bench.gateway.handleConnected(bench.nowMs);
    bench.drain();
    expect(bench.sent[0]).toMatchObject({
      type: "connect",
      clean: false,
      clientId: "p1",
      will: "/acme/pres/p1 52 qos 1 retained",
    });
    bench.receive(fromHex("20020000"));
    expect(bench.sent.at(-1)).toMatchObject({
      type: "publish",
      topic: "/acme/pres/p1",
      payload: "Q",
      qos: 1,
      retain: true,
    });
    bench.receive(fromHex("9006000101010101"), fromHex("40020002"));
    bench.gateway.stop(bench.nowMs);
    bench.drain();
    expect(bench.sent.slice(-2)).toMatchObject([
      { topic: "/acme/pres/p1", payload: "R", retain: true },
      { type: "disconnect" },
    ]);
  });

  it("is left to the will if the window is full: otherwise online would stay retained", () => {
    for (const [protocol, connack, goodbye] of [
      ["3.1.1", "20020000", []],
      ["5", "2003000000", ["e00104"]],
    ] as const) {
      const bench = new Bench({ settings: settingsOf({ "broker.protocol": protocol }) });
      bench.gateway.start(bench.nowMs);
      bench.drain();
      bench.gateway.handleConnected(bench.nowMs);
      bench.receive(fromHex(connack));
      for (let count = 0; count < INFLIGHT_MAX; count += 1) bench.gateway.sendMessage("bob", "hi", bench.nowMs);
      bench.drain();
      bench.sent.splice(0);
      bench.gateway.stop(bench.nowMs);
      const last = bench.gateway.pollTransmit();
      expect(last ? [toHex(last)] : []).toEqual(goodbye);
      bench.drain();
      expect(bench.events.at(-1)).toEqual({ type: "close" });
    }
  });

  it("is sent once a connection, however often the connection is cut before the broker acknowledges", () => {
    const bench = new Bench();
    bench.gateway.start(bench.nowMs);
    // After more endings in a row messages are sent one at a time, see test/mqtt/giving-up.test.ts.
    for (let count = 0; count < HASTY_ENDINGS_MAX; count += 1) {
      bench.gateway.handleConnected(bench.nowMs);
      bench.receive(fromHex("20020000"));
      expect(bench.sent.splice(0).filter(({ topic }) => topic === "/acme/pres/p1")).toHaveLength(1);
      bench.gateway.handleClosed("cut", bench.nowMs);
      bench.pass(60_000);
    }
  });
});

describe("subscriptions", () => {
  it("are requested once after each start, as long as the broker keeps the session", () => {
    const bench = new Bench().connect();
    expect(bench.sent.filter(({ type }) => type === "subscribe")).toHaveLength(1);
    bench.gateway.handleClosed("gone", bench.nowMs);
    bench.pass(120_000);
    bench.gateway.handleConnected(bench.nowMs);
    bench.receive(fromHex("20020100"));
    expect(bench.sent.filter(({ type }) => type === "subscribe")).toHaveLength(1);
    const again = new Bench({}, bench.store).connect("20020100");
    expect(again.sent.filter(({ type }) => type === "subscribe")).toHaveLength(1);
    const elsewhere = new Bench(
      { settings: { ...settingsOf(), broker: { ...settingsOf().broker, host: "other" } } },
      bench.store,
    );
    elsewhere.connect("20020100");
    expect(elsewhere.sent.filter(({ type }) => type === "subscribe")).toHaveLength(1);
  });

  it("of a group and a contact that left the settings are removed from the kept session, once", () => {
    const settings = settingsOf({ groups: "ops", contacts: "bob" });
    const bench = new Bench({ settings });
    bench.subscriptions += 2;
    bench.connect();
    const after = new Bench({}, bench.store);
    after.gateway.start(after.nowMs);
    after.drain();
    after.gateway.handleConnected(after.nowMs);
    after.receive(fromHex("20020100"));
    after.receive(fromHex("b0020001"));
    after.receive(fromHex("b0020003"));
    const taken = after.sent.filter(({ type }) => type === "unsubscribe");
    expect(taken).toMatchObject([{ unsubscriptions: ["/acme/im/ops"] }, { unsubscriptions: ["/acme/pres/bob"] }]);
    after.receive(fromHex("9006000401 010101".replaceAll(" ", "")));
    const again = new Bench({}, bench.store).connect("20020100");
    expect(again.sent.filter(({ type }) => type === "unsubscribe")).toEqual([]);
  });

  it("of the station are left alone if `broker.subscribe` is no", () => {
    const bench = new Bench();
    bench.connect();
    const left = new Bench({ settings: settingsOf({ "broker.subscribe": "no" }) }, bench.store).connect("20020100");
    expect(left.sent.filter(({ type }) => type.endsWith("subscribe"))).toEqual([]);
  });

  it("that are refused or lowered are named in the log, and refused ones on the screen until they are granted", () => {
    const bench = new Bench();
    bench.gateway.start(bench.nowMs);
    bench.drain();
    bench.gateway.handleConnected(bench.nowMs);
    bench.receive(fromHex("20020000"), fromHex("9006000180000101"));
    expect(bench.events).toContainEqual({
      type: "log",
      line: expect.stringMatching(/not grant.*im\/p1: unspecified error; .*page\/p1: QoS 0 granted, 1 asked for/),
    });
    expect(bench.screen).toContain("not all subscribed");
    bench.receive(fromHex("40020002"));
    bench.pass(SUBSCRIBE_RETRY_MS / 2);
    bench.receive(fromHex("d000"));
    bench.pass(SUBSCRIBE_RETRY_MS / 2);
    const again = bench.sent.findLast(({ type }) => type === "subscribe")?.packetIdentifier ?? 0;
    bench.receive(Uint8Array.of(0x90, 3, 0, again, 1));
    expect(bench.screen).not.toContain("not all subscribed");
  });
});

describe("telemetry", () => {
  it("is sent at its interval, with the device's own readings, and kept while there is no connection", () => {
    const settings = {
      ...settingsOf(),
      telemetry: { format: "json", qos: 0, intervalSeconds: 60, maxAgeSeconds: 600, deadbands: {} },
    } as const;
    const bench = new Bench({ settings, sensors: [{ name: "temperature", unit: "Cel", sample: () => 21.5 }] });
    bench.gateway.start(bench.nowMs);
    bench.pass(0);
    // The first attempt to connect takes too long. The next one succeeds.
    bench.pass(60_000);
    bench.pass(1000);
    bench.gateway.handleConnected(bench.nowMs);
    bench.receive(fromHex("20020000"));
    const telemetry = bench.sent
      .filter(({ topic }) => topic === "/acme/tele/p1")
      .map(({ payload }) => JSON.parse(payload ?? ""));
    expect(telemetry.flat()).toContainEqual(expect.objectContaining({ n: "uptime", v: 61 }));
    expect(telemetry[0].slice(0, 2)).toEqual([
      { bn: "p1/", bt: 1_700_000_001, n: "temperature", u: "Cel", v: 21.5 },
      { n: "unread", u: "count", v: 0 },
    ]);
    expect(telemetry[0].filter((record: { n: string }) => record.n === "temperature")[1]).toMatchObject({ t: 60 });
  });
});

describe("a board without a screen", () => {
  it("stores and acknowledges all messages, and never says shown", () => {
    const bench = new Bench({ size: { width: 0, height: 0 } }).connect();
    bench.takeSent();
    for (let index = 0; index < 20; index += 1) bench.receive(publish(IM, im(`m${index}`, "x")));
    expect(bench.gateway.counters.stored).toBe(20);
    expect(bench.takeSent().join()).not.toContain("shown");
    expect(bench.screens).toEqual([]);
  });
});

describe("a screen that refuses pictures", () => {
  /** Takes the next picture and refuses it. Returns whether there was one. */
  function refuse(bench: Bench): boolean {
    while (bench.gateway.pollTransmit()) {}
    const isAsked = bench.gateway.pollScreen(bench.nowMs) !== undefined;
    if (isAsked) bench.gateway.handlePaintFailed(bench.nowMs);
    return isAsked;
  }

  it("gets the same picture again a second later, and the message counts as shown only then", () => {
    const bench = new Bench().connect();
    bench.takeSent();
    bench.gateway.handleBytes(publish(IM, im("m1", "Pump 3")), bench.nowMs);
    expect(refuse(bench)).toBe(true);
    bench.drain();
    expect(bench.alerts).toEqual([]);
    expect(bench.takeSent().join()).not.toContain("shown");
    expect(bench.gateway.pollTimeout()).toBeLessThanOrEqual(bench.nowMs + 1_000);
    bench.pass(1_000);
    expect(bench.screen).toContain("Pump 3");
    expect(bench.alerts).toEqual([3]);
    expect(bench.takeSent().join()).toContain("shown");
  });

  it("is given up after three in a row: waiting and new messages sound, and none counts as shown", () => {
    const bench = new Bench().connect();
    bench.takeSent();
    bench.gateway.handleBytes(publish(IM, im("m1", "Pump 3")), bench.nowMs);
    for (let count = 0; count < 3; count += 1) {
      expect(refuse(bench)).toBe(true);
      bench.nowMs += 1_000;
    }
    const screenCount = bench.screens.length;
    bench.drain();
    expect(bench.alerts).toEqual([3]);
    bench.nowMs += ALARM_BURST_MS;
    bench.receive(publish(IM, im("m2", "Pump 4"), { packetIdentifier: 8 }));
    expect(bench.alerts).toEqual([3, 3]);
    expect(bench.screens).toHaveLength(screenCount);
    expect(bench.takeSent().join()).not.toContain("shown");
  });
});

describe("the clock on the screen", () => {
  it("changes each minute, and nothing else happens", () => {
    const bench = new Bench().connect();
    const before = bench.screens.length;
    const wakes: number[] = [];
    while (bench.nowMs < 130_000) {
      const wakeMs = bench.gateway.pollTimeout() ?? 0;
      expect(wakeMs).toBeGreaterThan(bench.nowMs);
      wakes.push(wakeMs);
      bench.pass(wakeMs - bench.nowMs);
      if (bench.sent.splice(0).some(({ type }) => type === "pingreq")) bench.receive(fromHex("d000"));
    }
    // The device wakes at 11 s, because the session counts as stable then, for a ping each minute, and for each new minute.
    expect(wakes).toEqual([11_000, 40_000, 61_000, 100_000, 121_000, 160_000]);
    expect(bench.screens.slice(before).map(([status]) => status?.slice(0, 5))).toEqual(["22:14", "22:15", "22:16"]);
  });

  it("is absent while the time is not known", () => {
    const bench = new Bench({ wallClock: () => undefined }).connect();
    expect(bench.screen).toMatch(/^online \| nothing new/);
  });
});
