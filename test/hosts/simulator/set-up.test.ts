/** Set-up of a board without settings in the simulator's engine, with a real browser, over HTTP alone, and by a held button. */
import { createSocket } from "node:dgram";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BoardScript } from "../../../hosts/simulator/esp32/board-script.ts";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { encodeCopy } from "../../../src/gateway/kept-settings.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import { encodeSetupCode } from "../../../src/payload/setup-code.ts";
import type { Broker } from "../../brokers/broker.ts";
import { requireOrSkip } from "../../require.ts";
import { hasChromium, launchChromium, PAGE_TIMEOUT_MS } from "../browser/chromium.ts";
import { type Bench, eventually, inkOf, useBench } from "./bench.ts";
import {
  AIR,
  keep,
  RESTARTED,
  said,
  says,
  settingsFolder,
  switchOn as switchBoardOn,
  WIFI_PASSWORD,
} from "./launched-board.ts";

let bench: Bench;
let broker: Broker;
useBench((...opened) => {
  [bench, broker] = opened;
});

const switchOn = (script: BoardScript = {}) => switchBoardOn(bench, { air: AIR, ...script });

const keepSettings = (values: Values) => keep(bench, "settings-a", encodeCopy(values, 1));

const whole = () => ({
  "wifi.ssid": "lab",
  "wifi.password": WIFI_PASSWORD,
  "broker.host": "127.0.0.1",
  "broker.port": broker.port,
  "telemetry.interval": 0,
});

/** Waits until the page is there, and returns its address. */
async function pageOf(simulator: LaunchedSimulator): Promise<string> {
  await says(simulator, "Set-up: and open http://");
  return /http:\S+/.exec(said(simulator, "Set-up: and open")[0] as string)?.[0] as string;
}

interface State {
  readonly state: string;
  readonly steps: readonly string[];
  readonly problems: readonly string[];
  readonly networks: readonly unknown[];
  readonly values: Readonly<Record<string, unknown>>;
}

const stateOf = async (page: string) => (await (await fetch(`${page}state`)).json()) as State;

const post = (page: string, path: string, body: string, type = "application/json") =>
  fetch(page + path, { method: "POST", headers: { "content-type": type }, body });

async function tryOut(page: string, changes: Readonly<Record<string, string | null>>): Promise<State> {
  expect((await post(page, "try", JSON.stringify(changes))).status).toBe(202);
  let state = await stateOf(page);
  await eventually(async () => {
    state = await stateOf(page);
    expect(["failed", "done"]).toContain(state.state);
  }, 90_000);
  return state;
}

describe.runIf(requireOrSkip("chromium", hasChromium))("a new board, with a phone", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function open(address: string): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    bench.add(() => context.close());
    const page = await context.newPage();
    await page.goto(address);
    return page;
  }

  it("is set up: wrong password, back on the page with the reason, the right one, online, a page received", async () => {
    const simulator = switchOn();
    const address = await pageOf(simulator);
    expect(inkOf(await simulator.picture())).toBeGreaterThan(1_000);
    const page = await open(address);
    await page.getByRole("button", { name: "lab (-48 dBm)" }).click();
    expect(await page.locator("[name='wifi.ssid']").inputValue()).toBe("lab");
    expect(await page.locator("#problems").textContent()).toBe("");
    expect(await page.locator("#networks").innerHTML()).not.toContain("<b>");
    const password = page.locator("[name='wifi.password']");
    await password.fill("wrong password");
    await page.locator("[name='broker.host']").fill("127.0.0.1");
    await page.locator("[name='broker.port']").fill(String(broker.port));
    await page.locator("[name='uid']").fill("bay-7");
    await page.locator("[name='screen.timeZone']").fill("Europe/Berlin");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("is the password right?").waitFor();
    expect(existsSync(join(settingsFolder(bench), "settings-a"))).toBe(false);

    await password.fill(WIFI_PASSWORD);
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("Online. The settings are kept.").waitFor();
    for (const step of ["Joining the network", "Connecting to the broker", "Logging in at the broker"])
      await page.getByText(step).waitFor();
    expect(await simulator.ended).toBe(RESTARTED);
    expect(simulator.lines.join("\n")).not.toContain("wrong password");
    expect(simulator.lines.join("\n")).not.toContain(WIFI_PASSWORD);

    const sender = await bench.sender(broker.port, "bay-7");
    const pager = switchOn();
    await says(pager, "connected to 127.0.0.1");
    await sender.push("bay-7", { id: "first", text: "Pump 3 over temperature" });
    await eventually(() => expect(sender.statesOf("first"), pager.lines.join("\n")).toEqual(["stored", "shown"]));
  });
});

describe("the page of set-up", () => {
  it("gets the kept settings but never a secret, keeps no settings that fail, and says why", async () => {
    keepSettings({ ...whole(), "broker.userName": "u", "broker.password": "hush-hush", uid: "bay-7" });
    const simulator = switchOn({ held: "a" });
    await says(simulator, "Button held: let go to set the device up");
    simulator.say("let go of a");
    const page = await pageOf(simulator);
    const first = await stateOf(page);
    expect(first).toMatchObject({ state: "ready", problems: [], values: { uid: "bay-7", "broker.password": true } });
    expect(JSON.stringify(first)).not.toContain("hush");
    await eventually(async () => expect((await stateOf(page)).networks).toHaveLength(2));

    for (const [changes, problem] of [
      [{ "broker.port": "x" }, 'setting broker.port: "x", expected a whole number from 1 to 65535'],
      [{ "wifi.ssid": "" }, "setting wifi.ssid"],
      [{ nonsense: "1" }, "setting nonsense: there is no such setting"],
      [{ "broker.transport": "tls" }, "setting broker.ca: missing"],
      [{ "broker.port": "1" }, "no connection to 127.0.0.1"],
      [{ "broker.host": "no.such.host.invalid" }, "no.such.host.invalid"],
    ] as const) {
      const { state, problems } = await tryOut(page, changes);
      expect([state, problems.join()], JSON.stringify(changes)).toEqual(["failed", expect.stringContaining(problem)]);
    }
    expect((await stateOf(page)).values).toEqual(first.values);
    expect(await tryOut(page, { env: "plant" })).toMatchObject({ state: "done", problems: [] });
    expect((await post(page, "try", "{}")).status).toBe(409);
    expect(await simulator.ended).toBe(RESTARTED);
    const again = switchOn();
    await says(again, "connected to");
  });

  it("takes the code of the console, and says what is wrong with one", async () => {
    const simulator = switchOn();
    const page = await pageOf(simulator);
    const wifi = { "wifi.ssid": "lab", "wifi.password": WIFI_PASSWORD };
    const code = encodeSetupCode({ uid: "bay-9", "broker.host": "127.0.0.1", "broker.port": String(broker.port) });
    const { state, problems } = await tryOut(page, { ...wifi, code: code.slice(0, -1) });
    expect([state, problems]).toEqual(["failed", [expect.stringContaining("set-up code at byte")]]);
    expect(await tryOut(page, { ...wifi, code })).toMatchObject({ state: "done", problems: [] });
    expect(await simulator.ended).toBe(RESTARTED);
    await says(switchOn(), `connected to 127.0.0.1:${broker.port}`);
  });

  it("opens by itself on phones, and refuses requests of pages from other sites", async () => {
    const page = await pageOf(switchOn());
    const port = new URL(page).port;
    for (const path of ["generate_204", "hotspot-detect.html", "connecttest.txt", "ncsi.txt"]) {
      // fetch sends the host of the URL. localhost is not the name of the device.
      const answer = await fetch(`http://localhost:${port}/${path}`, { redirect: "manual" });
      expect([answer.status, answer.headers.get("location")]).toEqual([302, page]);
    }
    const html = await fetch(page);
    expect(html.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await html.text()).toContain("</html>");
    expect((await fetch(page, { method: "HEAD" })).headers.get("content-length")).toBe(
      html.headers.get("content-length"),
    );
    expect((await fetch(`${page}favicon.ico`)).status).toBe(404);
    expect((await fetch(`${page}try`)).status).toBe(405);
    expect((await fetch(page, { method: "PUT" })).status).toBe(405);
    expect((await post(page, "try", "{}", "text/plain")).status).toBe(415);
    expect((await post(`http://localhost:${port}/`, "try", "{}")).status).toBe(415);
    for (const body of ["", "[]", "null", '{"uid":1}', "{", "\xff"])
      expect((await post(page, "try", body)).status).toBe(400);
    expect((await post(page, "try", "x".repeat(20_481))).status).toBe(413);
    expect((await fetch(page, { headers: { x: "y".repeat(3_000) } })).status).toBe(431);
    // More connections at once than are served.
    const many = await Promise.allSettled(
      Array.from({ length: 20 }, () => fetch(page).then((answer) => answer.text())),
    );
    expect(many.some(({ status }) => status === "fulfilled")).toBe(true);
    await eventually(async () => expect((await stateOf(page)).state).toBe("ready"));
  });

  it("is found under every name", async () => {
    const socket = createSocket("udp4");
    bench.add(() => void socket.close());
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const dnsPort = socket.address().port + 1;
    await pageOf(switchOn({ dnsPort }));
    const answer = new Promise<Buffer>((resolve) => socket.once("message", resolve));
    socket.send(Buffer.from("abcd0100000100000000000001610262630000010001", "hex"), dnsPort, "127.0.0.1");
    expect((await answer).subarray(-4)).toEqual(Buffer.from([127, 0, 0, 1]));
  });

  it("names why the device is set up, and is reached with a password that the device keeps", async () => {
    const first = switchOn();
    await pageOf(first);
    const [password] = said(first, "Set-up: with the password");
    expect(password).toMatch(/ [2-9a-z]{12}$/);
    await first.kill();
    keepSettings({ ...whole(), "broker.port": 0 });
    const second = switchOn();
    const page = await pageOf(second);
    expect((await stateOf(page)).problems).toEqual(["setting broker.port: 0, expected a whole number from 1 to 65535"]);
    expect(said(second, "Set-up: with the password")).toEqual([password]);
    expect(said(second, "Set-up: setting broker.port: 0")).toHaveLength(1);
  });
});

describe("a button that is held at the start", () => {
  it("for ten seconds erases all settings and messages when it is released", { timeout: 60_000 }, async () => {
    keepSettings(whole());
    const pager = switchOn();
    await says(pager, "connected to");
    await pager.kill();
    const simulator = switchOn({ held: "b" });
    await says(simulator, "Button held: let go to erase all settings and messages");
    simulator.say("let go of b");
    expect(await simulator.ended).toBe(RESTARTED);
    for (const space of ["fp-settings", "fp-records"])
      expect(readdirSync(join(bench.home, "flash", space)).filter((name) => name !== "last-words")).toEqual([]);
    await pageOf(switchOn());
  });
});
