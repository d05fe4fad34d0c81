/** The console and the pager in its page, in a real browser with a real station. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Picture } from "../../../hosts/moddable/tools/picture.ts";
import type { Station } from "../../../hosts/station/station.ts";
import { PRESS_GUARD_MS } from "../../../src/limits.ts";
import { drawScreen } from "../../../src/pager/screen/screen.ts";
import { differenceOf } from "../../pictures/golden.ts";
import { allPictures, openPainting } from "../../pictures/raster.ts";
import { message, STATUS, TOUR } from "../../pictures/scenes.ts";
import { requireOrSkip } from "../../require.ts";
import { getPush, postPush, StationBench, statusesOf, until } from "../station/harness.ts";
import { hasChromium, launchChromium, logIn, PAGE_TIMEOUT_MS } from "./chromium.ts";

const PAGER_SIZE = { width: 320, height: 240 };
const DESKTOP = { width: 1100, height: 900 };
const PHONE = { width: 390, height: 844 };
/** A folder for pictures of the page. Without it no pictures are made. */
const PICTURES = process.env.FIELDPAGER_PICTURES;

describe.runIf(requireOrSkip("chromium", hasChromium))("the console in chromium", () => {
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

  /** A page in its own browser profile, or in that of another page. An error in the page fails the test. */
  async function open({ viewport = DESKTOP, scale = 1, beside }: OpenOptions = {}): Promise<Page> {
    const context =
      beside?.context() ?? (await browser.newContext({ viewport, deviceScaleFactor: scale, colorScheme: "light" }));
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      // The form shows what the station refuses. The browser logs it too.
      if (message.type() === "error" && !/status of 40[01]/.test(message.text())) problems.push(message.text());
    });
    onTestFinished(async () => {
      if (!beside) await context.close();
      expect(problems).toEqual([]);
    });
    await page.goto(`${station.url}/`);
    if (!beside) await logIn(page, station);
    await page.locator(".pager").waitFor();
    await until("online", async () => (await screenOf(page))[0]?.includes("online"));
    return page;
  }

  async function send(page: Page, to: string, text: string): Promise<void> {
    await page.getByLabel("To", { exact: true }).fill(to);
    await page.getByLabel("Text").fill(text);
    await page.getByRole("button", { name: "Send" }).click();
  }

  it.each([
    ["desktop", DESKTOP, 1],
    ["phone", PHONE, 3],
  ] as const)("sends from the form to its own pager: words, pixels, receipts (%s)", async (name, viewport, scale) => {
    const page = await open({ viewport, scale });
    const uid = await uidOf(page);
    const before = await inkOf(page);
    await page.getByLabel("Title").fill("Pump house");
    await send(page, uid, "Pump 3 over temperature <b>now</b>");
    await page.getByText(`Accepted for ${uid}.`).waitFor();
    await page.getByRole("link", { name: "History" }).click();
    const row = page.locator(".push", { hasText: "Pump 3 over temperature" }).first();
    await row.locator(".receipt.shown").waitFor();
    const words = (await screenOf(page)).join(" ");
    expect(words).toContain("Pump 3 over temperature <b>now</b>");
    expect(await row.locator("b").count(), "what a user wrote is text").toBe(1);
    // The text on the canvas is white. One pixel of the pager is a square of pixels on the canvas.
    const after = await inkOf(page);
    const square = after.width / 320;
    expect(square).toBe(2 * scale);
    expect(after.white).toBeGreaterThan(before.white + 200 * square * square);
    expect(await row.locator(".receipt").allInnerTexts()).toEqual([
      expect.stringMatching(/^stored \d\d:\d\d:\d\d$/),
      expect.stringMatching(/^shown \d\d:\d\d:\d\d$/),
    ]);
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(overflow, "nothing sticks out to the side").toBe(0);
    if (PICTURES) await page.screenshot({ path: join(PICTURES, `console-${name}.png`), fullPage: true });
  });

  it.each([
    ["letters of all faces", "Grüße aus Łódź", "Насос 3: 92 °C, ≥ 5 €. 水泵过热，请检查。펌프 ポンプ 龘 שלום 👩‍🚀"],
    ["twelve scripts and emoji", "Pump 3", TOUR.text],
  ])("paints what a board paints, pixel by pixel, also at a fractional zoom: %s", async (_what, title, text) => {
    const painting = await openPainting("latin-cjk", await allPictures(PAGER_SIZE));
    const page = await open({ scale: 1.5 });
    await postPush(station.url, { to: await uidOf(page), title, text });
    await until("it", async () => (await screenOf(page)).join(" ").includes(title));
    const [bar = "", head = ""] = await screenOf(page);
    const model = message({ from: head.split("  ")[1] as string, title, text }, PAGER_SIZE, painting.widths);
    if (model.view.kind !== "message") throw new Error("not a message");
    const time = (line: string) => /(?:\d+ \w{3} )?\d\d:\d\d/.exec(line)?.[0] ?? "";
    const drawList = drawScreen(
      {
        ...model,
        view: { ...model.view, time: time(head) },
        status: { ...STATUS, time: time(bar), bars: 4, unreadCount: 1 },
        labels: ["", "read", model.view.page.to < model.view.page.length ? "more" : "home"],
      },
      PAGER_SIZE,
      painting.widths,
      "color",
    );
    // The station draws what the faces lack, and the page paints it when it has come.
    const expected = painting.paint(drawList, PAGER_SIZE);
    await until("all pictures of text", async () => differenceOf(await pictureOf(page), expected) === 0);
  });

  it("takes what a finger does on the canvas: a tap on a label, on a row, a swipe", async () => {
    const page = await open();
    const uid = await uidOf(page);
    const canvas = page.locator(".pager .pager-screen");
    const { width = 0 } = (await canvas.boundingBox()) ?? {};
    const place = (x: number, y: number) => ({ x: (x * width) / 320, y: (y * width) / 320 });
    const shows = (words: string) => until(words, async () => (await screenOf(page)).join(" ").includes(words));
    const { id = "" } = (await postPush(station.url, { to: uid, text: "Tap me" })).answer;
    await shows("Tap me");
    await new Promise((resolve) => setTimeout(resolve, PRESS_GUARD_MS));
    await canvas.click({ position: place(160, 228) });
    await until("read", async () => statusesOf(await getPush(station.url, id)).includes("read"));
    await canvas.click({ position: place(160, 228) });
    await shows("inbox");
    await canvas.click({ position: place(100, 60) });
    await shows("Tap me");
    const from = (await canvas.boundingBox()) ?? { x: 0, y: 0 };
    await page.mouse.move(from.x + place(200, 100).x, from.y + place(200, 100).y);
    await page.mouse.down();
    await page.mouse.move(from.x + place(60, 100).x, from.y + place(60, 100).y);
    await page.mouse.up();
    await shows("nothing new");
  });

  it("has three buttons and keys that work", async () => {
    const page = await open();
    const uid = await uidOf(page);
    const first = (await postPush(station.url, { to: uid, text: "First message" })).answer.id ?? "";
    await until("the first", async () => (await screenOf(page)).join(" ").includes("First message"));
    await page.getByRole("button", { name: "Button B" }).click();
    await until("read", async () => statusesOf(await getPush(station.url, first)).includes("read"));
    await postPush(station.url, { to: uid, text: "Second message" });
    await until("the second", async () => (await screenOf(page)).join(" ").includes("Second message"));
    const second = (await screenOf(page)).join(" ");
    await page.getByRole("button", { name: "Button A" }).click();
    const older = await until("another screen by A", async () => other(await screenOf(page), second));
    await page.getByRole("button", { name: "Button C" }).click();
    await until("another screen by C", async () => other(await screenOf(page), older));
    // The keys do the same while the pager has the focus. In the form they are letters.
    const now = (await screenOf(page)).join(" ");
    await page.getByLabel("Title").pressSequentially("abc");
    expect(await page.getByLabel("Title").inputValue()).toBe("abc");
    expect((await screenOf(page)).join(" ")).toBe(now);
    await page.getByRole("button", { name: "Button A" }).focus();
    await page.keyboard.press("a");
    await until("another screen by key", async () => other(await screenOf(page), now));
  });

  it("is another pager in each tab, and the same one after a reload", async () => {
    const one = await open();
    const two = await open({ beside: one });
    const [, name] = (await uidOf(one)).match(/^page-([0-9a-z]{4})-1$/) ?? [];
    expect([await uidOf(one), await uidOf(two)]).toEqual([`page-${name}-1`, `page-${name}-2`]);
    // Another browser gets another name. So both can be open at once.
    expect(await uidOf(await open())).not.toContain(`-${name}-`);
    await postPush(station.url, { to: await uidOf(two), text: "For the second tab" });
    await until("it", async () => (await screenOf(two)).join(" ").includes("For the second tab"));
    expect((await screenOf(one)).join(" ")).not.toContain("For the second tab");
    await two.reload();
    await until("it again", async () => (await screenOf(two)).join(" ").includes("For the second tab"));
    expect(await uidOf(two)).toBe(`page-${name}-2`);
    await two.close();
    expect(await uidOf(await open({ beside: one }))).toBe(`page-${name}-2`);
  });

  it("says in the form what is wrong", async () => {
    const page = await open();
    await send(page, "a/b", "x");
    const outcome = page.locator("form.send .outcome");
    await until("the problem", async () => (await outcome.innerText()).startsWith("to: expected"));
    expect(await page.getByLabel("Text").inputValue()).toBe("x");
  });

  it("can be used by keyboard and read aloud", async () => {
    const page = await open();
    await page.getByLabel("To", { exact: true }).focus();
    const names: string[] = [];
    for (let step = 0; step < 16; step += 1) {
      names.push((await page.evaluate("document.activeElement.name || document.activeElement.textContent")) as string);
      await page.keyboard.press("Tab");
    }
    const fields = ["to", "title", "text", "priority", "expiry", "choice-1", "choice-2", "choice-3"];
    const further = ["file", "picture", "Melody, link, replacing"];
    expect(names).toEqual([...fields, ...further, "Send", "screen", "A", "B", "C"]);
    const live = page.locator(".pager [role=status]");
    expect(await live.getAttribute("aria-live")).toBe("polite");
    expect(await page.locator(".pager canvas").getAttribute("aria-hidden")).toBe("true");
  });
});

interface OpenOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly scale?: number;
  readonly beside?: Page;
}

/** The lines of the text copy beside the canvas. */
async function screenOf(page: Page): Promise<string[]> {
  const lines = await page.locator(".pager p").allTextContents();
  return lines.map((line) => line.trim());
}

async function uidOf(page: Page): Promise<string> {
  return (await page.locator(".pager").getAttribute("data-uid")) ?? "";
}

/** The pager's screen in the pager's own pixels. Each is read at the upper left corner of its square. */
async function pictureOf(page: Page): Promise<Picture> {
  const { width, height } = PAGER_SIZE;
  const rgb = await page.evaluate(`(() => {
    const canvas = document.querySelector(".pager canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const side = canvas.width / ${width};
    let bytes = "";
    for (let y = 0; y < ${height}; y += 1)
      for (let x = 0; x < ${width}; x += 1)
        bytes += String.fromCharCode(...data.subarray(4 * side * (y * canvas.width + x), 4 * side * (y * canvas.width + x) + 3));
    return btoa(bytes);
  })()`);
  return { width, height, rgb: Buffer.from(rgb as string, "base64") };
}

/** Width of the canvas in its own pixels, and how many of them are nearly white. */
async function inkOf(page: Page): Promise<{ readonly width: number; readonly white: number }> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector(".pager canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let white = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at] > 220 && data[at + 1] > 220 && data[at + 2] > 220) white += 1;
    return { width: canvas.width, white };
  })()`);
}

function other(lines: readonly string[], than: string): string | undefined {
  const words = lines.join(" ");
  return words === than ? undefined : words;
}
