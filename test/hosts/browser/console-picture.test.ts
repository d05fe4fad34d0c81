/** A picture for a push in the console, in a real browser: chosen, pasted or dropped, and seen as a device will show it. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { PREVIEW_SCREENS } from "../../../hosts/station/console/parts/preview-screens.ts";
import { PICTURE_FETCH_BYTES_MAX } from "../../../hosts/station/shared/limits.ts";
import type { PushWithDeliveries } from "../../../hosts/station/shared/push.ts";
import type { Station } from "../../../hosts/station/station.ts";
import { requireOrSkip } from "../../require.ts";
import { ask, StationBench, until } from "../station/harness.ts";
import { redDot } from "../station/test-pictures.ts";
import { hasChromium, launchChromium, logIn, PAGE_TIMEOUT_MS } from "./chromium.ts";

describe.runIf(requireOrSkip("chromium", hasChromium))("a picture in the console", () => {
  const bench = new StationBench();
  let browser: Browser;
  let station: Station;
  let png: Buffer;
  beforeAll(async () => {
    station = await bench.station();
    browser = await launchChromium();
    png = Buffer.from(await redDot(400, 300));
  });
  afterAll(async () => {
    await browser?.close();
    await bench.end();
  });

  async function open(): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    onTestFinished(() => expect(problems).toEqual([]));
    await page.goto(`${station.url}/`);
    await logIn(page, station);
    return page;
  }

  const choose = (page: Page, buffer: Buffer, name = "red.png", mimeType = "image/png") =>
    page.locator("#push-file").setInputFiles({ name, mimeType, buffer });
  const uploaded = (page: Page) => page.getByText("A picture of this computer.").waitFor();

  /** How much of the preview is red, and whether all of it is grey. */
  async function colorsOf(page: Page): Promise<{ red: number; isGrey: boolean }> {
    return (await page.evaluate(`(() => {
      const canvas = document.querySelector(".preview canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let [red, isGrey] = [0, true];
      for (let at = 0; at < data.length; at += 4) {
        if (data[at] > 180 && data[at + 1] < 60 && data[at + 2] < 60) red += 4 / data.length;
        if (Math.abs(data[at] - data[at + 1]) > 8 || Math.abs(data[at] - data[at + 2]) > 8) isGrey = false;
      }
      return { red, isGrey };
    })()`)) as { red: number; isGrey: boolean };
  }

  async function send(page: Page, text: string): Promise<PushWithDeliveries> {
    await page.getByLabel("To", { exact: true }).fill("bay-1");
    await page.getByLabel("Text").fill(text);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("Accepted for bay-1.").waitFor();
    const { pushes } = (await (await ask(station.url, "/api/pushes?limit=1")).json()) as {
      pushes: PushWithDeliveries[];
    };
    return pushes[0] as PushWithDeliveries;
  }

  it("is chosen, seen on the preview, and sent; the next push is without it", async () => {
    const page = await open();
    await page.getByLabel("Text").fill("Gate 4");
    expect((await colorsOf(page)).red).toBe(0);
    await choose(page, png);
    await uploaded(page);
    await until("it on the preview", async () => (await colorsOf(page)).red > 0.2);
    const push = await send(page, "Gate 4");
    expect(push.picture).toMatch(new RegExp(`^${station.url}/pictures/`));
    expect((await fetch(push.picture ?? "")).headers.get("content-type")).toBe("image/jpeg");
    await until("an empty form", async () => (await colorsOf(page)).red === 0);
    expect((await send(page, "no picture")).picture).toBeUndefined();
  });

  it("has on the preview the size and the colours of each screen", async () => {
    const page = await open();
    await page.getByLabel("Text").fill("Gate 4");
    await choose(page, png);
    await uploaded(page);
    for (const [at, { width, height, kind }] of PREVIEW_SCREENS.entries()) {
      await page.locator("#preview-screen").selectOption(String(at));
      const canvas = page.locator(".preview canvas");
      await until("the picture", async () => (await canvas.getAttribute("data-picture")) !== null);
      const shown = ((await canvas.getAttribute("data-picture")) ?? "").split(" ").map(Number);
      expect(shown[0]).toBeLessThanOrEqual(width);
      expect(shown[1]).toBeLessThanOrEqual(height);
      expect(Math.abs((shown[0] as number) / (shown[1] as number) - 4 / 3)).toBeLessThan(0.1);
      const other = page.getByRole("button", { name: "Show the picture" });
      if (await other.isVisible()) await other.click();
      await until("its colours", async () => {
        const { red, isGrey } = await colorsOf(page);
        return kind === "color" ? red > 0.1 : isGrey && red === 0;
      });
      const back = page.getByRole("button", { name: "Show the text" });
      if (await back.isVisible()) await back.click();
    }
  });

  it.each(["paste", "drop"])("is taken by %s anywhere in the form", async (way) => {
    const page = await open();
    await page.evaluate(
      `((way, bytes) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(bytes)], "red.png", { type: "image/png" }));
        const options = { bubbles: true, cancelable: true };
        const event =
          way === "paste"
            ? new ClipboardEvent("paste", { ...options, clipboardData: data })
            : new DragEvent("drop", { ...options, dataTransfer: data });
        document.querySelector("textarea").dispatchEvent(event);
        if (!event.defaultPrevented) throw new Error("the browser would do something else with it");
      })(${JSON.stringify(way)}, ${JSON.stringify([...png])})`,
    );
    await uploaded(page);
    expect((await send(page, "look")).picture).toContain("/pictures/");
  });

  it("a pasted text is a text", async () => {
    const page = await open();
    const isTaken = await page.evaluate(`(() => {
      const data = new DataTransfer();
      data.setData("text/plain", "Pump 3");
      const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data });
      document.querySelector("textarea").dispatchEvent(event);
      return event.defaultPrevented;
    })()`);
    expect(isTaken).toBe(false);
  });

  it("says what is wrong with a file, keeps what is written, and takes another one", async () => {
    const page = await open();
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.getByLabel("Text").fill("Gate 4");
    const problem = page.locator(".picture-field [role=alert]");
    const says = (words: string) => until(words, async () => (await problem.innerText()).includes(words));
    await choose(page, Buffer.from("<svg/>"), "a.svg", "image/svg+xml");
    await says("JPEG, PNG, WebP or GIF");
    await choose(page, Buffer.alloc(PICTURE_FETCH_BYTES_MAX + 1), "a.png");
    await says("at most 8 MB");
    expect(requests.filter((url) => url.includes("/api/pictures"))).toEqual([]);
    await choose(page, Buffer.from("<html><script>document.title='owned'</script>"), "a.png");
    await says("not a picture that can be shown");
    expect(await page.getByLabel("Text").inputValue()).toBe("Gate 4");
    await choose(page, png);
    await uploaded(page);
    expect(await problem.count()).toBe(0);
    await page.getByRole("button", { name: "Remove it" }).click();
    await page.getByLabel("or its address").waitFor();
    expect((await send(page, "Gate 4")).picture).toBeUndefined();
  });
});
