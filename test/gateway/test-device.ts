import { newCounters } from "../../src/gateway/counters.ts";
import type { Device } from "../../src/gateway/device.ts";
import { EventQueue } from "../../src/gateway/event-queue.ts";
import { LogLines } from "../../src/gateway/log-lines.ts";
import { TimeZone } from "../../src/gateway/time-zone.ts";
import { Topics } from "../../src/gateway/topics.ts";
import { Inbox } from "../../src/pager/inbox.ts";
import { MemoryStore } from "../memory-store.ts";
import { settingsOf } from "./bench.ts";

/** The object that the parts of a gateway share, for a test of one part. The test can replace each member. */
export function testDevice(given: Partial<Device> = {}): Device {
  const settings = given.settings ?? settingsOf();
  const store = given.store ?? new MemoryStore();
  return Object.freeze({
    settings,
    topics: new Topics(settings.env, settings.uid),
    store,
    random: () => 0.5,
    wallClock: () => undefined,
    zone: new TimeZone(settings.screen.timeZone),
    inbox: new Inbox(store),
    counters: newCounters(),
    events: new EventQueue(new LogLines([])),
    ...given,
  });
}
