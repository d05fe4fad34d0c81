/** The console in a real browser against a real station. Users do everything on its page. */
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { parseFlags } from "../../../hosts/common/flags.ts";
import { MemoryStore } from "../../../hosts/common/memory-store.ts";
import type { Station } from "../../../hosts/station/station.ts";
import { SETTINGS } from "../../../src/gateway/settings.ts";
import { requireOrSkip } from "../../require.ts";
import { postPush, StationBench, until } from "../station/harness.ts";
import { hasChromium, launchChromium, logIn, PAGE_TIMEOUT_MS, tabTo } from "./chromium.ts";

const DESKTOP = { width: 1100, height: 800 };
const PHONE = { width: 390, height: 844 };
/** A folder for pictures of the page. Without it no pictures are made. */
const PICTURES = process.env.FIELDPAGER_PICTURES;
/** A text with scripts. They would run if the page did not treat it as text. */
const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

describe.runIf(requireOrSkip("chromium", hasChromium))("the console in chromium", () => {
  const bench = new StationBench();
  let browser: Browser;
  let station: Station;
  beforeAll(async () => {
    station = await bench.station({ anonymous: false });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await bench.end();
  });

  async function newContext(options: Parameters<Browser["newContext"]>[0] = {}): Promise<BrowserContext> {
    const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "light", ...options });
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    onTestFinished(() => context.close());
    return context;
  }

  /** A page that has logged in. An error in the page fails the test. */
  async function open(context: BrowserContext, { isKnown = false } = {}): Promise<Page> {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    onTestFinished(() => expect(problems).toEqual([]));
    await page.goto(`${station.url}/`);
    if (!isKnown) await logIn(page, station);
    await page.getByText("live", { exact: true }).waitFor();
    return page;
  }

  const picture = async (page: Page, name: string) => {
    if (PICTURES) await page.screenshot({ path: join(PICTURES, `console-${name}.png`), fullPage: true });
  };
  const goTo = (page: Page, view: string) =>
    page.getByLabel("Views").getByRole("link", { name: view, exact: true }).click();

  async function addDevice(page: Page, uid: string, owner?: string): Promise<readonly string[]> {
    await goTo(page, "People");
    const form = page.getByRole("form", { name: "Add a device" });
    if (!(await form.isVisible())) await page.locator("summary", { hasText: "Add a device" }).click();
    await form.getByLabel("Device", { exact: false }).first().fill(uid);
    if (owner !== undefined) await form.getByLabel("Carried by").selectOption(owner);
    await form.getByRole("button").click();
    await page.getByRole("heading", { name: `What ${uid} logs in with` }).waitFor();
    return page.locator(".credentials code").allTextContents();
  }

  it.each([
    ["desktop", { viewport: DESKTOP }],
    ["phone", { viewport: PHONE, deviceScaleFactor: 2, hasTouch: true, isMobile: true, colorScheme: "dark" as const }],
  ] as const)("adds a person and a device, sends to the person, and sees it read (%s)", async (name, options) => {
    const page = await open(await newContext(options));
    const person = `anna-${name}`;
    const uid = `bay-${name}`;
    await goTo(page, "People");
    await page.locator("summary", { hasText: "Add a person" }).click();
    const form = page.getByRole("form", { name: "Add a person" });
    await form.getByLabel("Name to log in with").fill(person);
    await form.getByLabel("Full name").fill("Anna Aalto");
    await form.getByRole("button").click();
    await page.getByRole("heading", { name: `What ${person} logs in with` }).waitFor();
    const lines = await addDevice(page, uid, person);
    await picture(page, `${name}-people`);
    // The pager is started with the line that the console shows.
    const command = lines.find((line) => line.startsWith("npm run pager -- ")) ?? "";
    const { values } = parseFlags(command.replace("npm run pager -- ", "").split(" "), Object.keys(SETTINGS));
    const settings = { ...values, "screen.dwell": 0 };
    const pager = bench.pager(station.mqttPort, uid, { settings });
    await goTo(page, "Devices");
    const row = page.locator(`[data-device="${uid}"]`);
    await row.locator(".presence.online").waitFor();
    await picture(page, `${name}-devices`);
    await goTo(page, "Send");
    await page.getByLabel("To", { exact: true }).fill(person);
    await page.getByLabel("Title").fill("Pump house");
    await page.getByLabel("Text").fill("Pump 3 over temperature, 92 °C at the bearing.");
    await page.getByLabel("Priority").selectOption("4");
    await picture(page, `${name}-send`);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText(`Accepted for ${person}.`).waitFor();
    await goTo(page, "History");
    const sent = page.locator(".push", { hasText: "Pump 3 over temperature" }).first();
    await sent.locator(".receipt.shown").waitFor();
    expect(pager.screens.at(-1)?.join(" ")).toContain("Pump house");
    pager.press("b");
    await sent.locator(".receipt.read").waitFor();
    expect(await sent.locator(".receipt").allInnerTexts()).toEqual([
      expect.stringMatching(/^stored by bay-\w+ \d\d:\d\d:\d\d$/),
      expect.stringMatching(/^shown by bay-\w+ /),
      expect.stringMatching(/^read by bay-\w+ /),
    ]);
    await picture(page, `${name}-history`);
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(overflow, "nothing sticks out to the side").toBe(0);
    await pager.stop();
    await goTo(page, "Devices");
    await row.locator(".presence.offline").waitFor();
  });

  it("is used by keyboard alone: logs in, adds a device, sends with answers, sees the answer", async () => {
    const page = await (await newContext()).newPage();
    const type = async (name: string, text: string) => {
      await tabTo(page, name);
      await page.keyboard.type(text);
    };
    const press = async (name: string, tag?: string) => {
      await tabTo(page, name, tag);
      await page.keyboard.press("Enter");
    };
    await page.goto(`${station.url}/`);
    await page.getByLabel("Name").waitFor();
    await type("Name", station.firstStart?.adminName ?? "");
    await type("Password", station.firstStart?.adminPassword ?? "");
    await page.keyboard.press("Enter");
    await page.getByText("live", { exact: true }).waitFor();
    await press("People", "A");
    await page.getByRole("heading", { name: "Groups" }).waitFor();
    await press("Add a device");
    await type("Device", "key-1");
    await type("What or where it is", "Gate");
    await page.keyboard.press("Enter");
    const heading = page.getByRole("heading", { name: "What key-1 logs in with" });
    await heading.waitFor();
    const words = await heading.textContent();
    await until("the focus on it", async () => (await page.evaluate("document.activeElement.textContent")) === words);
    const password = await page.locator('[data-line="Password"]').innerText();
    await press("Done");
    await until(
      "back where one was",
      async () => (await page.evaluate("document.activeElement.id")) === "device-label",
    );
    const settings = { "broker.userName": "key-1", "broker.password": password, "screen.dwell": 0 };
    const pager = bench.pager(station.mqttPort, "key-1", { settings });
    await until("the pager", () => pager.screens.at(-1)?.[0]?.includes("online"));
    await press("Send", "A");
    await type("To", "key-1");
    await type("Title", "Gate");
    await type("Text", "Who opens?");
    await type("Priority", "4");
    await type("Expires", "after an");
    await type("Answer 1", "me");
    await type("Answer 2", "nobody");
    await press("Send", "BUTTON");
    await page.getByText("Accepted for key-1.", { exact: true }).waitFor();
    await press("History", "A");
    const sent = page.locator(".push", { hasText: "Who opens?" });
    await sent.locator(".receipt.shown").waitFor();
    expect(await sent.locator(".tag").allInnerTexts()).toEqual([
      "priority 4",
      expect.stringMatching(/^until (\d+ \w+ |\w+ \d+ )?\d\d:\d\d:\d\d$/),
    ]);
    expect(pager.screens.at(-1)?.at(-1)).toContain("reply");
    pager.press("b");
    await until("the answers", () => pager.screens.at(-1)?.at(-1)?.includes("me"));
    pager.press("a");
    await sent.locator(".receipt.answered", { hasText: "answered “me”" }).waitFor();
    await press("Log out");
    await page.getByRole("button", { name: "Log in" }).waitFor();
  });

  it("draws on its preview what a pager will show, with title, priority and answers", async () => {
    const page = await open(await newContext());
    const drawn = new Set([await pixelsOf(page)]);
    for (const change of [
      () => page.getByLabel("Title").fill("Pump house"),
      () => page.getByLabel("Text").fill("Pump 3 over temperature"),
      () => page.getByLabel("Priority").selectOption("5"),
      () => page.getByLabel("Answer 1").fill("on my way"),
    ]) {
      await change();
      await until("another picture", async () => !drawn.has(await pixelsOf(page)));
      drawn.add(await pixelsOf(page));
    }
  });

  it("takes a push back", async () => {
    const page = await open(await newContext());
    await goTo(page, "History");
    await postPush(station.url, { to: "nobody-yet", text: "sent by mistake" });
    const sent = page.locator(".push", { hasText: "sent by mistake" });
    page.once("dialog", (dialog) => void dialog.accept());
    await sent.getByRole("button", { name: "Take back" }).click();
    await sent.locator(".receipt.dropped", { hasText: "by station" }).waitFor();
    await sent.getByRole("button", { name: "Take back" }).waitFor({ state: "detached" });
    await picture(page, "history-taken-back");
  });

  it("has no gap in its history after a lost connection", async () => {
    const network = await startNetwork(bench, station.httpPort);
    const page = await (await newContext()).newPage();
    await page.goto(`http://127.0.0.1:${network.port}/`);
    await logIn(page, station);
    await goTo(page, "History");
    await postPush(station.url, { to: "nobody-yet", text: "before the gap" });
    await page.locator(".push", { hasText: "before the gap" }).waitFor();
    network.setAway(true);
    await page.getByText("station does not answer", { exact: true }).waitFor();
    for (let index = 0; index < 60; index += 1)
      await postPush(station.url, { to: "nobody-yet", text: `unseen ${index}.` });
    network.setAway(false);
    await page.locator(".push", { hasText: "unseen 59." }).waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    for (let index = 0; index < 60; index += 1)
      await page.locator(".push", { hasText: `unseen ${index}.` }).waitFor({ state: "attached" });
    await page.locator(".push", { hasText: "before the gap" }).waitFor({ state: "attached" });
  });

  it("says that a push to an unknown name waits, and keeps two users of one browser apart", async () => {
    const context = await newContext();
    const page = await open(context);
    await page.getByLabel("To", { exact: true }).fill("bay-77");
    await page.getByLabel("Text").fill("x");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("Accepted for bay-77. It waits until a device of this name connects").waitFor();
    const pagerOf = async () => page.locator("#pager-heading code").innerText();
    const own = await pagerOf();
    const { password } = await station.accounts.create({ name: "berta", kind: "person" });
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Name").fill("berta");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Log in" }).click();
    expect(await pagerOf()).not.toBe(own);
    await goTo(page, "People");
    await page.getByRole("heading", { name: "Devices" }).waitFor();
    expect(await page.getByRole("button", { name: /Remove|New password|Add/ }).count()).toBe(0);
  });

  it("shows a device's readings as charts, live, and what is known of its connection", async () => {
    const page = await open(await newContext());
    await station.accounts.create({ name: "sensor-1", kind: "device", password: "its password" });
    await station.directory.addDevice({ uid: "sensor-1", label: "Pump house" });
    let temperature = 20;
    bench.pager(station.mqttPort, "sensor-1", {
      store: new MemoryStore(),
      settings: {
        "broker.userName": "sensor-1",
        "broker.password": "its password",
        "telemetry.interval": 1,
        "telemetry.maxAge": 1,
      },
      sensors: [{ name: "temperature", unit: "Cel", sample: () => ++temperature }],
    });
    await page.goto(`${station.url}/#devices/sensor-1`);
    const chart = page.locator('[data-series="temperature"]');
    await chart.locator("canvas").waitFor();
    const before = await chart.locator("[role=img]").getAttribute("aria-label");
    await until("another point", async () => (await chart.locator("[role=img]").getAttribute("aria-label")) !== before);
    expect(await chart.locator("figcaption b").innerText()).toMatch(/^\d+ °C$/);
    const facts = await page.locator(".facts").first().innerText();
    for (const fact of ["Pump house", "MQTT ", "127.0.0.1", "/field/im/sensor-1"]) expect(facts).toContain(fact);
    await picture(page, "desktop-device");
  });

  it("keeps a new presence although an older answer comes after it", async () => {
    const page = await open(await newContext());
    await goTo(page, "Devices");
    let answer: (() => Promise<void>) | undefined;
    await page.route("**/api/devices", async (route) => {
      const response = await route.fetch();
      if (answer) await route.fulfill({ response });
      else answer = () => route.fulfill({ response });
    });
    // This makes the console ask for all devices.
    await station.directory.addDevice({ uid: "late-1", label: "Late" });
    await until("the answer as it is now", () => answer);
    bench.pager(station.mqttPort, "late-1");
    await page.locator('[data-device="late-1"] .presence.online').waitFor();
    await answer?.();
    await page.locator('[data-device="late-1"]', { hasText: "Late" }).waitFor();
    expect(await page.locator('[data-device="late-1"] .presence').textContent()).toBe("online");
  });

  it("shows all texts of users as text, and never runs them", async () => {
    const page = await open(await newContext());
    await station.directory.addPerson({ name: "mallory", fullName: HOSTILE });
    await station.directory.addDevice({ uid: "evil-1", label: HOSTILE, owner: "mallory" });
    await station.directory.addGroup({ uid: "evil-crew", label: HOSTILE, members: ["evil-1"] });
    const body = { to: "evil-1", text: HOSTILE, title: HOSTILE, choices: ["<b>bold</b>"] };
    await postPush(station.url, body);
    const { adminName, adminPassword } = station.firstStart ?? {};
    const mqtt = await bench.mqtt(station.mqttPort, {
      clientId: adminName ?? "",
      username: adminName ?? "",
      password: adminPassword ?? "",
    });
    const presence = Buffer.concat([Buffer.of(0xaf), Buffer.from(HOSTILE)]);
    await mqtt.publishAsync(`/field/pres/${adminName}`, presence, { qos: 1, retain: true });
    for (const [view, place] of [
      ["History", ".push-text"],
      ["Devices", ".roster .presence"],
      ["People", ".entries .hint"],
    ] as const) {
      await goTo(page, view);
      await page.locator(place, { hasText: "<script>" }).first().waitFor();
    }
    await page.goto(`${station.url}/#devices/evil-1`);
    await page.locator(".facts", { hasText: "<script>" }).waitFor();
    await page.goto(`${station.url}/#devices/${encodeURIComponent(HOSTILE)}`);
    await page.locator("h2", { hasText: "<script>" }).waitFor();
    expect(await page.title()).toBe("Fieldpager console");
    expect(await page.locator("img, main script, main b b").count()).toBe(0);
  });

  it("answers in every one of seven tabs, with one event stream for all of them", async () => {
    const context = await newContext();
    let streams = 0;
    context.on("request", (request) => {
      if (request.url().endsWith("/api/events")) streams += 1;
    });
    const pages = [await open(context)];
    // A browser opens six connections to a host. With a stream for each tab the seventh would not get its page.
    while (pages.length < 7) pages.push(await open(context, { isKnown: true }));
    expect(streams).toBe(1);
    const text = "For every tab";
    await postPush(station.url, { to: "nobody-yet", text });
    await Promise.all(
      pages.map(async (page) => {
        await goTo(page, "History");
        await page.locator(".push", { hasText: text }).waitFor();
      }),
    );
    // The tab with the event stream closes. Another tab takes over.
    await pages[0]?.close();
    await until("a stream of another tab", () => streams === 2);
    await postPush(station.url, { to: "nobody-yet", text: "After the first has gone" });
    for (const page of pages.slice(1)) await page.locator(".push", { hasText: "After the first has gone" }).waitFor();
  });

  it("has enough contrast, light and dark, and a name for every control", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await open(await newContext({ colorScheme }));
      for (const view of ["Send", "History", "Devices", "People", "Connect"]) {
        await goTo(page, view);
        const low = (await page.evaluate(LOW_CONTRAST)) as string[];
        expect(low, `${colorScheme} ${view}`).toEqual([]);
        expect(await page.evaluate(UNNAMED), `${colorScheme} ${view}`).toEqual([]);
      }
    }
  });

  it("makes a token that a program can send with, and ends it", async () => {
    const page = await open(await newContext());
    await goTo(page, "People");
    await page.getByLabel("What it is for").fill("a script");
    await page.getByRole("button", { name: "Make a token" }).click();
    const token = await page.locator('[data-line="Token"]').innerText();
    const push = () =>
      fetch(`${station.url}/api/push`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({ to: "nobody-yet", text: "from a script" }),
      });
    expect((await push()).status).toBe(202);
    await page.getByRole("button", { name: "End token a script" }).click();
    await until("the end of the token", async () => (await push()).status === 401);
  });

  it.each([
    ["desktop", { viewport: DESKTOP }],
    ["phone", { viewport: PHONE, isMobile: true, colorScheme: "dark" as const }],
  ] as const)("says what to paste into other programs, and it works (%s)", async (name, options) => {
    const page = await open(await newContext(options));
    await goTo(page, "Connect");
    await page.getByLabel("Whom it pages").fill("wall-7");
    const line = (label: string) => page.locator(`[data-line="${label}"]`).innerText();
    expect(await line("Command")).toContain("Bearer TOKEN");
    await page.getByRole("button", { name: "Make its token" }).click();
    await page.getByText("The token is shown once.").waitFor();
    await picture(page, `${name}-connect-shell`);
    const [, header = "", title = "", text, address = ""] =
      /^curl -H "(.*?)" -H "(.*?)" -d "(.*?)" (\S+)$/.exec(await line("Command")) ?? [];
    const headers = Object.fromEntries([header, title].map((each) => each.split(": ") as [string, string]));
    expect((await fetch(address, { method: "POST", headers, body: text ?? "" })).status).toBe(200);
    await page.getByLabel("Program", { exact: true }).selectOption("Alertmanager");
    expect(await line("Receiver")).toContain("credentials: TOKEN");
    await page.getByRole("button", { name: "Make its token" }).click();
    await page.getByText("The token is shown once.").waitFor();
    await picture(page, `${name}-connect-alertmanager`);
    const yaml = await line("Receiver");
    const alerts = [{ status: "firing", labels: { alertname: "HighLoad", instance: "web-1" } }];
    const answer = await fetch(/url: (\S+)/.exec(yaml)?.[1] ?? "", {
      method: "POST",
      headers: { authorization: `Bearer ${/credentials: (\S+)/.exec(yaml)?.[1]}` },
      body: JSON.stringify({ version: "4", status: "firing", alerts }),
    });
    expect(answer.status).toBe(200);
    await goTo(page, "History");
    await page.locator(".push", { hasText: "Firing: HighLoad" }).first().waitFor();
    await page.locator(".push", { hasText: "The disk is full" }).first().waitFor();
  });

  it("asks for a new login in every tab when the login has ended, and shows nothing more", async () => {
    const context = await newContext();
    const page = await open(context);
    const other = await open(context, { isKnown: true });
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Log in" }).waitFor();
    await other.getByRole("button", { name: "Log in" }).waitFor();
    await page.getByLabel("Name").fill("admin");
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("name or password is wrong").waitFor();
  });
});

/** A proxy to a port of this machine. While it is away it refuses every connection. */
async function startNetwork(bench: StationBench, target: number) {
  const sockets = new Set<Socket>();
  let isAway = false;
  const server = createServer((here) => {
    if (isAway) return void here.destroy();
    const there = connect(target, "127.0.0.1");
    for (const socket of [here, there])
      sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    here.pipe(there).pipe(here);
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  bench.add(() => {
    cut();
    return new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as { port: number }).port,
    setAway(away: boolean) {
      isAway = away;
      if (away) cut();
    },
  };
}

async function pixelsOf(page: Page): Promise<string> {
  return (await page.evaluate('document.querySelector(".preview canvas").toDataURL()')) as string;
}

/** Texts whose contrast to their background is below 4.5:1 (WCAG 2.2, 1.4.3). */
const LOW_CONTRAST = `(() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join("");
    if (!text || !element.checkVisibility() || element.closest("option, datalist, noscript")) continue;
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(text.slice(0, 30) + " " + ratio.toFixed(2));
  }
  return low;
})()`;

/** Controls that have neither text nor label. */
const UNNAMED = `[...document.querySelectorAll("input, select, textarea, button, a")]
  .filter((element) => element.checkVisibility())
  .filter((element) => !element.textContent.trim() && !element.getAttribute("aria-label") && !element.labels?.length)
  .map((element) => element.outerHTML.slice(0, 80))`;
