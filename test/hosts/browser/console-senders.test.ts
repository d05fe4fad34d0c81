/** What the console shows of webhooks, actions and mail, in a real browser. */
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localPassword } from "../../../hosts/common/local-key.ts";
import type { Station } from "../../../hosts/station/station.ts";
import { encodeReceipt } from "../../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../../src/payload/message.ts";
import { requireOrSkip } from "../../require.ts";
import { ask, StationBench, until } from "../station/harness.ts";
import { WebReceiver } from "../station/outgoing/web-receiver.ts";
import { hasChromium, launchChromium, logIn, PAGE_TIMEOUT_MS } from "./chromium.ts";

/** A folder for pictures of the page. Without it no pictures are made. */
const PICTURES = process.env.FIELDPAGER_PICTURES;

describe.runIf(requireOrSkip("chromium", hasChromium))("senders in the console", () => {
  const bench = new StationBench();
  const there = new WebReceiver();
  let browser: Browser;
  let station: Station;
  beforeAll(async () => {
    await there.listen();
    bench.add(() => there.close());
    station = await bench.station({
      anonymous: false,
      hookNetworks: ["127.0.0.1"],
      mail: { host: "127.0.0.1", port: 0, isPlainAllowed: false },
    });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await bench.end();
  });

  it("an answer has what came of its action beside it, and Connect says where mails go", async () => {
    await station.directory.addDevice({ uid: "door-1" });
    const actions = `http, Open, ${there.url}/door`;
    const sent = await ask(station.url, "/door-1", { method: "POST", body: "Somebody rings", headers: { actions } });
    const { id } = (await sent.json()) as { id: string };
    const password = localPassword(station.localKey, "door-1");
    const device = await bench.mqtt(station.mqttPort, { clientId: "door-1", username: "door-1", password });
    const contents = [encodeReceipt(id, "answered", "Open")];
    const receipt = encodeMessage({ timestampSeconds: 1, imType: IM_TYPE.receipt, contents, sender: "door-1" });
    await device.publishAsync("/field/im/station", Buffer.from(receipt), { qos: 1 });
    const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
    page.setDefaultTimeout(PAGE_TIMEOUT_MS);
    await page.goto(`${station.url}/`);
    await logIn(page, station);
    await page.getByLabel("Views").getByRole("link", { name: "History", exact: true }).click();
    await page.getByText("answered “Open”, its action answered 200").waitFor();
    if (PICTURES) await page.screenshot({ path: join(PICTURES, "console-action.png"), fullPage: true });
    await page.getByLabel("Views").getByRole("link", { name: "Connect", exact: true }).click();
    await page.getByLabel("Program", { exact: true }).selectOption("Mail: old equipment");
    await page.getByLabel("Whom it pages").fill("door-1");
    expect(await page.locator('[data-line="Recipient"]').innerText()).toBe("door-1@pager.local");
    expect(await page.locator('[data-line="Port"]').innerText()).toBe(String(station.mailPort));
    if (PICTURES) await page.screenshot({ path: join(PICTURES, "console-connect-mail.png"), fullPage: true });
    await page.close();
  });

  it.each([
    ["desktop", { viewport: { width: 1100, height: 800 } }],
    ["phone", { viewport: { width: 390, height: 844 }, isMobile: true, colorScheme: "dark" as const }],
  ] as const)("one is added, tested, told, seen to fail, and removed (%s)", async (name, options) => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    const page = await context.newPage();
    await page.goto(`${station.url}/`);
    await logIn(page, station);
    await page.getByLabel("Views").getByRole("link", { name: "Connect", exact: true }).click();
    const form = page.getByRole("form", { name: "Add a webhook" });
    const panel = page.getByRole("region", { name: "Tell a program" });
    await form.getByLabel("Address").fill("http://10.0.0.1/");
    await form.getByRole("button").click();
    await form.getByText("url: this address is not public").waitFor();
    await form.getByLabel("Address").fill(`${there.url}/hook`);
    await form.getByLabel("dropped").check();
    await form.getByRole("button").click();
    await page.getByText("This is shown once. By it").waitFor();
    expect(await page.locator('[data-line="Secret"]').innerText()).toMatch(/^whsec_/);
    await panel.getByText("nothing sent yet").waitFor();
    there.requests.length = 0;
    await panel.getByRole("button", { name: `Test ${there.url}/hook` }).click();
    await panel.getByText("Test: answered 200").waitFor();
    expect(JSON.parse(there.requests[0]?.body ?? "")).toMatchObject({ type: "test" });
    there.status = 503;
    await panel.getByRole("button", { name: `Test ${there.url}/hook` }).click();
    await panel.getByText("Test: answered 503").waitFor();
    const picture = async (what: string) => {
      if (PICTURES) await page.screenshot({ path: join(PICTURES, `console-${name}-${what}.png`), fullPage: true });
    };
    await picture("webhooks");
    await page.reload();
    await panel.getByText(/\d: answered 503, the last one taken \d/).waitFor();
    await picture("webhooks-failing");
    there.status = 200;
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(overflow, "nothing sticks out to the side").toBe(0);
    await panel.getByRole("button", { name: `Remove ${there.url}/hook` }).click();
    await until("its end", async () => (await panel.locator(".webhooks li").count()) === 0);
    await context.close();
  });
});
