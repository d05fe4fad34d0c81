/**
 * The ways in which the console gives a new device its login, in a real browser. The other end of the browser's serial port runs
 * the same state machine as the boards.
 */
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Station } from "../../../hosts/station/station.ts";
import { decodeSetupCode } from "../../../src/payload/setup-code.ts";
import { encodeUtf8 } from "../../../src/utf8.ts";
import { findProgram } from "../../brokers/server-process.ts";
import { makeCertificates, textOf } from "../../certificates.ts";
import { readQrCode } from "../../qr-reader.ts";
import { requireOrSkip } from "../../require.ts";
import { ScriptedDevice } from "../moddable/setup-device.ts";
import { StationBench } from "../station/harness.ts";
import { hasChromium, launchChromium, logIn, PAGE_TIMEOUT_MS, tabTo } from "./chromium.ts";

const PICTURES = process.env.FIELDPAGER_PICTURES;
const DESKTOP = { viewport: { width: 1100, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

/**
 * A serial port whose other end is in the test. Like a real one it can be opened once, and makes a new stream after the reader of
 * the old one was cancelled. The test can let it fail as the user and the system do.
 */
const SERIAL_PORT = `(() => {
  let controller, readable, writable, isOpen = false;
  const fresh = () => new ReadableStream({ start: (it) => { controller = it; }, cancel: () => { readable = undefined; } });
  const port = {
    get readable() { return isOpen ? (readable ??= fresh()) : null; },
    get writable() { return isOpen ? (writable ??= new WritableStream({ write: (bytes) => void toDevice([...bytes]) })) : null; },
    open: async () => {
      if (isOpen || window.portIsTaken) throw new DOMException("taken", "NetworkError");
      isOpen = true;
    },
    close: async () => {
      if (readable?.locked || writable?.locked) throw new TypeError("locked");
      isOpen = false;
      readable = writable = undefined;
    },
  };
  window.fromDevice = (bytes) => { if (isOpen && readable) controller.enqueue(Uint8Array.from(bytes)); };
  const requestPort = async () => {
    if (window.noPortIsChosen) throw new DOMException("none", "NotFoundError");
    return port;
  };
  Object.defineProperty(Navigator.prototype, "serial", { configurable: true, value: { requestPort } });
})()`;

interface Shot {
  readonly width: number;
  readonly height: number;
  /** Four bytes for each pixel, as characters. */
  readonly rgba: string;
}

/** The pixels of a PNG in base64. */
const PIXELS_OF = `async (png) => {
  const image = new Image();
  image.src = "data:image/png;base64," + png;
  await image.decode();
  const { width, height } = image;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(image, 0, 0);
  let rgba = "";
  for (const byte of context.getImageData(0, 0, width, height).data) rgba += String.fromCharCode(byte);
  return { width, height, rgba };
}`;

describe.runIf(requireOrSkip("chromium", hasChromium))("a new device in the console", () => {
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

  async function open(options: Parameters<Browser["newContext"]>[0] = DESKTOP, at = station) {
    const context = await browser.newContext({ colorScheme: "light", ignoreHTTPSErrors: true, ...options });
    context.setDefaultTimeout(PAGE_TIMEOUT_MS);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => {
      // improv-wifi-serial-sdk 2.8.1 leaves this rejection unhandled after it has reported that no device answers.
      if (error.message !== "Error fetching current state: TIMEOUT") problems.push(error.message);
    });
    onTestFinished(() => expect(problems).toEqual([]));
    const device = await plugIn(context, page);
    await page.goto(`${at.url}/`);
    await logIn(page, at);
    await page.getByLabel("Views").getByRole("link", { name: "People", exact: true }).click();
    return { page, device };
  }

  /** `lose` chooses the bytes to the device that get lost. */
  async function plugIn(context: BrowserContext, page: Page) {
    const plugged = {
      device: new ScriptedDevice((bytes) => void page.evaluate(`fromDevice([${bytes}])`).catch(() => {})),
      isSilent: false,
      lose: (bytes: readonly number[]): readonly number[] => bytes,
    };
    await context.exposeFunction("toDevice", (bytes: number[]) => {
      if (!plugged.isSilent) plugged.device.setup.handleBytes(Uint8Array.from(plugged.lose(bytes)));
    });
    await context.addInitScript(SERIAL_PORT);
    return plugged;
  }

  async function add(page: Page, uid: string): Promise<void> {
    const form = page.getByRole("form", { name: "Add a device" });
    if (!(await form.isVisible())) await page.locator("summary", { hasText: "Add a device" }).click();
    await form.getByLabel("Device", { exact: false }).first().fill(uid);
    await form.getByRole("button").click();
    await page.getByRole("heading", { name: `What ${uid} logs in with` }).waitFor();
  }

  const picture = async (page: Page, name: string) => {
    if (PICTURES) await page.screenshot({ path: join(PICTURES, `set-up-${name}.png`), fullPage: true });
  };
  const way = (page: Page, name: string) => page.locator(".way > summary", { hasText: name });
  const textOfLine = (page: Page, label: string) => page.locator(`[data-line="${label}"]`).innerText();
  const settingsOf = (code: string) => decodeSetupCode(encodeUtf8(code));

  it.each([
    ["desktop", DESKTOP],
    ["phone", { ...PHONE, colorScheme: "dark" as const }],
  ] as const)("gets a code as a line and as a QR code, which hold the same (%s)", async (name, options) => {
    const { page } = await open(options);
    await add(page, `code-${name}`);
    await page.getByLabel("Address of this station").fill("pager.example.org");
    const line = await textOfLine(page, "Set-up code");
    expect(settingsOf(line)).toEqual({
      uid: `code-${name}`,
      "broker.host": "pager.example.org",
      "broker.port": String(station.mqttPort),
      "broker.userName": `code-${name}`,
      "broker.password": await textOfLine(page, "Password"),
      "screen.timeZone": expect.any(String),
    });
    await picture(page, `${name}-code`);
    const shot = await page.getByRole("img", { name: "QR code: Set-up code" }).screenshot();
    const { width, height, rgba } = (await page.evaluate(`(${PIXELS_OF})("${shot.toString("base64")}")`)) as Shot;
    expect(readQrCode({ width, height }, Buffer.from(rgba, "latin1"))).toBe(line);
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect(overflow, "nothing sticks out to the side").toBe(0);
    await page.getByLabel("Address of this station").fill("");
    await page.getByText("First fill in the address of this station.").first().waitFor();
  });

  it.each([
    ["desktop", DESKTOP],
    ["phone", { ...PHONE, colorScheme: "dark" as const }],
  ] as const)(
    "is set up over USB: Wi-Fi with a wrong password, the right one, then the code (%s)",
    async (name, options) => {
      const { page, device: plugged } = await open(options);
      const uid = `usb-${name}`;
      await add(page, uid);
      const code = await textOfLine(page, "Set-up code");
      await way(page, "Over USB").click();
      await page.getByRole("button", { name: "Choose the port" }).click();
      await page.getByText("Found pager-aabbcc (m5stack, Fieldpager 0.1.0).", { exact: true }).waitFor();
      const network = page.getByLabel("Wi-Fi of the device", { exact: true }).last();
      expect(await network.locator("option").allTextContents()).toEqual([
        "a",
        "lab",
        "guest (open)",
        "another network",
      ]);
      await network.selectOption("lab");
      await page.getByLabel("Password of the network").fill("secret 2");
      await picture(page, `${name}-usb`);
      await page.getByRole("button", { name: "Set up" }).click();
      await page.getByText("The device cannot join lab. Is the password right, and the network near?").waitFor();
      await picture(page, `${name}-usb-wrong`);
      // Some bytes get lost when they are sent for the first time.
      let losses = 1;
      plugged.lose = (bytes) => (bytes.length === 64 && losses-- > 0 ? bytes.slice(1) : bytes);
      await page.getByLabel("Wi-Fi of the device", { exact: true }).last().selectOption("lab");
      await page.getByLabel("Password of the network").fill("secret 1");
      await page.getByRole("button", { name: "Set up" }).click();
      await page.getByText(`Done. The device keeps its settings and connects as ${uid}.`).waitFor();
      await picture(page, `${name}-usb-done`);
      expect(losses).toBeLessThan(1);
      expect(plugged.device.kept).toEqual({ ...settingsOf(code), "wifi.ssid": "lab", "wifi.password": "secret 1" });
    },
  );

  it("is set up over USB by keyboard alone, and keeps the Wi-Fi that it has", async () => {
    const { page, device: plugged } = await open();
    Object.assign(plugged.device.kept, { "wifi.ssid": "lab", "wifi.password": "secret 1" });
    await add(page, "usb-keys");
    for (const name of ["Over USB", "Choose the port", "Keep its network"]) {
      await page.locator(".credentials").getByText(name, { exact: true }).waitFor();
      await tabTo(page, name);
      await page.keyboard.press("Enter");
    }
    await page.getByText("Done. The device keeps its settings and connects as usb-keys.").waitFor();
    expect(plugged.device.kept).toMatchObject({ uid: "usb-keys", "wifi.ssid": "lab" });
  });

  it("says in words what goes wrong over USB, and can be tried again", async () => {
    const { page, device: plugged } = await open();
    await add(page, "usb-wrong");
    await page.getByLabel("Address of this station").fill("gone");
    await way(page, "Over USB").click();
    const choose = page.getByRole("button", { name: "Choose the port" });
    for (const [mistake, words] of [
      ["noPortIsChosen", "No port was chosen."],
      ["portIsTaken", "The port cannot be opened. Another program may use it."],
    ] as const) {
      await page.evaluate(`${mistake} = true`);
      await choose.click();
      await page.getByText(words).waitFor();
      await page.evaluate(`${mistake} = false`);
    }
    plugged.isSilent = true;
    await choose.click();
    await page.getByText("No pager answers at this port.").waitFor();
    plugged.isSilent = false;
    plugged.device.scanFails = true;
    await choose.click();
    await page.getByLabel("Name of the network").fill("lab");
    await page.getByLabel("Password of the network").fill("secret 1");
    await page.getByRole("button", { name: "Set up" }).click();
    await page.getByText("The device refused it: gone has no address.").waitFor();
    await choose.click();
    await page.getByRole("button", { name: "Keep its network" }).waitFor();
  });

  it("says that a browser has no Web Serial", async () => {
    const { page } = await open();
    await page.evaluate("Object.defineProperty(Navigator.prototype, 'serial', { value: undefined })");
    await add(page, "usb-none");
    await way(page, "Over USB").click();
    await page.getByText("This browser has no Web Serial.").waitFor();
    expect(await page.getByRole("button", { name: "Choose the port" }).count()).toBe(0);
  });

  const openssl = findProgram("openssl");
  it.runIf(requireOrSkip("openssl", openssl !== undefined))(
    "gets the authority with its code where the station has a certificate",
    async () => {
      const certificates = makeCertificates(openssl as string);
      onTestFinished(() => certificates.remove());
      const authority = textOf(certificates.server).cert;
      const secure = await bench.station({ anonymous: false, certificate: textOf(certificates.server), mqttsPort: 0 });
      const { page } = await open(DESKTOP, secure);
      await add(page, "tls-1");
      await page.getByText("First fill in the authority of the station's certificate.").first().waitFor();
      await page.getByLabel("Authority of its certificate").fill(authority);
      expect(settingsOf(await textOfLine(page, "Set-up code"))).toMatchObject({
        "broker.transport": "tls",
        "broker.port": String(secure.mqttsPort),
        "broker.ca": expect.stringContaining("BEGIN CERTIFICATE"),
      });
    },
  );
});
