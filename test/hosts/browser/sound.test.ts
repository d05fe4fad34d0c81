/** What a page sounds: the tones that it schedules with WebAudio in a real browser, and when. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Station } from "../../../hosts/station/station.ts";
import { MELODIES, tonesOf } from "../../../src/melodies.ts";
import { requireOrSkip } from "../../require.ts";
import { getPush, postPush, StationBench, statusesOf, until } from "../station/harness.ts";
import { hasChromium, launchChromium, logIn, PAGE_TIMEOUT_MS } from "./chromium.ts";

/** Notes what is scheduled, in seconds of the context's clock. The browser's own nodes go on. */
const RECORDER = `(() => {
  window.tones = [];
  const create = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    const node = create.call(this);
    const tone = { state: this.state, nowSeconds: this.currentTime };
    window.tones.push(tone);
    const { start, stop } = node;
    node.start = (at) => {
      tone.start = at;
      tone.hertz = node.frequency.value;
      start.call(node, at);
    };
    node.stop = (at) => {
      tone.stop = at;
      stop.call(node, at);
    };
    return node;
  };
})()`;

interface Sounded {
  readonly state: string;
  readonly nowSeconds: number;
  readonly start: number;
  readonly stop: number;
  readonly hertz: number;
}

describe.runIf(requireOrSkip("chromium", hasChromium))("a page in chromium", () => {
  const bench = new StationBench();
  let browser: Browser;
  let station: Station;
  beforeAll(async () => {
    station = await bench.station();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await bench.end();
  });

  async function open(): Promise<Page> {
    const context = await browser.newContext();
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.addInitScript(RECORDER);
    await page.goto(`${station.url}/`);
    await logIn(page, station);
    await online(page);
    return page;
  }

  const online = (page: Page) =>
    until("online", async () => (await page.locator(".pager p").allTextContents()).join().includes("online"));
  const uidOf = async (page: Page) => (await page.locator(".pager").getAttribute("data-uid")) ?? "";
  const sounded = async (page: Page) => (await page.evaluate("window.tones")) as Sounded[];

  async function shows(page: Page, request: object): Promise<void> {
    const { answer } = await postPush(station.url, { to: await uidOf(page), ...request });
    await until("it", async () => statusesOf(await getPush(station.url, answer.id ?? "")).includes("shown"));
  }

  it.each([
    ["priority 3", 3, undefined],
    ["priority 5", 5, undefined],
    ...MELODIES.map((name) => [name, 3, name] as const),
  ] as const)("sounds %s with its frequencies, at its times", async (_, priority, melody) => {
    const page = await open();
    await page.locator(".pager canvas").click({ position: { x: 2, y: 40 } });
    await shows(page, { text: "Gate 4", priority, ...(melody && { melody }) });
    let atMs = 0;
    const expected = tonesOf(priority, melody).flatMap(({ hertz, durationMs }) => {
      const tone = { hertz, startMs: atMs, stopMs: atMs + durationMs };
      atMs += durationMs;
      return hertz === 0 ? [] : [tone];
    });
    await until("the tones", async () => (await sounded(page)).length >= expected.length);
    const tones = (await sounded(page)).slice(0, expected.length);
    const [{ start: first } = { start: 0 }] = tones;
    const found = tones.map(({ hertz, start, stop }) => ({
      hertz: Math.round(hertz),
      startMs: Math.round(1_000 * (start - first)),
      stopMs: Math.round(1_000 * (stop - first)),
    }));
    expect(found).toEqual(expected);
    expect(new Set(tones.map(({ state }) => state))).toEqual(new Set(["running"]));
    // At once, as far as a busy machine gets on between two calls.
    expect(Math.abs(first - (tones[0]?.nowSeconds ?? 0))).toBeLessThan(1);
  });

  it("is silent for priorities 1 and 2, and before anybody has touched it", async () => {
    const page = await open();
    for (const priority of [1, 2]) await shows(page, { text: "quiet", priority, melody: "siren" });
    expect(await sounded(page)).toEqual([]);
    // Nobody has touched this page since it was loaded.
    await page.reload();
    await online(page);
    await shows(page, { text: "loud", priority: 3, melody: "bell" });
    expect(await sounded(page)).toEqual([]);
  });
});
