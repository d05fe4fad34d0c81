/** When a chip may stop its clocks. */
import { expect, it } from "vitest";
import { LightSleepRule } from "../../../hosts/esp32/light-sleep-rule.ts";

it("a device at rest may sleep", () => {
  const sleep = new LightSleepRule(false);
  expect([sleep.isAllowed(0), sleep.timeoutMs(0)]).toEqual([true, undefined]);
});

it("it stays awake while its light is on", () => {
  const sleep = new LightSleepRule(true);
  expect([sleep.isAllowed(1e9), sleep.timeoutMs(1e9)]).toEqual([false, undefined]);
  sleep.handleLight(false);
  expect(sleep.isAllowed(1e9)).toBe(true);
});

it("it stays awake until an alert and the quiet after a byte of the serial line are over, whichever ends later", () => {
  const sleep = new LightSleepRule(false);
  sleep.handleLine(1_000);
  sleep.handleAlert(3_000, 2_000);
  expect([sleep.isAllowed(60_999), sleep.timeoutMs(60_999)]).toEqual([false, 61_000]);
  expect([sleep.isAllowed(61_000), sleep.timeoutMs(61_000)]).toEqual([true, undefined]);
  sleep.handleAlert(3_000, 70_000);
  expect([sleep.isAllowed(72_999), sleep.timeoutMs(70_000)]).toEqual([false, 73_000]);
  expect(sleep.isAllowed(73_000)).toBe(true);
});

it("the end of an alert does not switch a light off", () => {
  const sleep = new LightSleepRule(false);
  sleep.handleLight(true);
  sleep.handleAlert(10, 0);
  expect([sleep.isAllowed(10), sleep.timeoutMs(10)]).toEqual([false, undefined]);
});
