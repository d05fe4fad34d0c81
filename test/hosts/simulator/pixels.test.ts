/** The SDK's Poco in the XS engine paints the same pixels as the rasteriser of the browser page and of the golden pictures. */
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { localPassword } from "../../../hosts/common/local-key.ts";
import { ROOT } from "../../../hosts/moddable/tools/command.ts";
import type { Picture } from "../../../hosts/moddable/tools/picture.ts";
import { SIMULATOR_SLOT_BYTES } from "../../../hosts/simulator/tools/memory.ts";
import type { Station } from "../../../hosts/station/station.ts";
import { describeDay } from "../../../src/gateway/describe.ts";
import type { DrawList, PicturePart, Size } from "../../../src/pager/screen/draw-list.ts";
import { drawScreen } from "../../../src/pager/screen/screen.ts";
import { screenText } from "../../../src/pager/screen/screen-text.ts";
import type { Broker } from "../../brokers/broker.ts";
import { differenceOf } from "../../pictures/golden.ts";
import { allPictures, openPainting, type Painting } from "../../pictures/raster.ts";
import { type Message, message, SCREENS, type Screen, STATUS, TOUR } from "../../pictures/scenes.ts";
import { requireOrSkip } from "../../require.ts";
import { hasChromium, launchChromium, logIn, PAGE_TIMEOUT_MS } from "../browser/chromium.ts";
import { StationBench } from "../station/harness.ts";
import { Bench, connectionsOf, eventually } from "./bench.ts";

const UID = "pager-sim";

const MESSAGES: readonly Message[] = [
  { title: "Grüße aus Łódź", text: "Насос 3: 92 °C, ≥ 5 € — проверьте. Máy bơm quá nóng! Ψηλά, ½ ✓ ⚠ ★" },
  { title: "水泵 3", text: "水泵温度过高，请检查。ポンプが「熱い」です。펌프가 뜨겁습니다. 龘 שלום 👩‍🚀 e\u0301" },
  { text: "Pump 3: the bearing is hot and rising. ".repeat(12), priority: 5 },
];

let bench: Bench;
let broker: Broker;
let painting: Painting;

beforeAll(async () => {
  painting = await openPainting("latin-cjk");
});

beforeEach(async () => {
  bench = new Bench();
  broker = await bench.broker();
});

afterEach(() => bench.end());

describe.each(SCREENS.slice(0, 2))("on a screen of $width by $height", ({ width, height }) => {
  const size = { width, height };
  it.each(MESSAGES)("a page is painted as elsewhere: $text", async ({ title, text, priority }) => {
    const sender = await bench.sender(broker.port, UID);
    const settings = { uid: UID, "broker.port": broker.port, "telemetry.interval": 0 };
    const simulator = bench.launch(process.env.FIELDPAGER_PROGRAM, settings, undefined, size);
    await eventually(() => expect(sender.presence.at(-1)?.hex).toBe("51"));
    const payload = JSON.stringify({ id: "p1", co: text, ti: title, pr: priority });
    await sender.client.publishAsync(`/field/page/${UID}`, payload, { qos: 1 });
    const content = { from: "page", text, ...(title !== undefined && { title }), ...(priority && { priority }) };
    await eventually(async () => {
      const picture = await simulator.picture();
      // The minute may have changed after the message came, and again after the screen was painted.
      const differences = minutes().flatMap((time) =>
        minutes().flatMap((arrival) =>
          [false, true].map((isBlink) =>
            differenceOf(asOnDisplay(picture), expected(content, size, time, arrival, isBlink)),
          ),
        ),
      );
      expect(Math.min(...differences)).toBe(0);
    });
    expect(await simulator.stop()).toBe(0);
  });
});

describe("with a station", () => {
  const stations = new StationBench();
  afterEach(() => stations.end());

  it("a message in twelve scripts and with emoji, pushed by the command, is painted as elsewhere", {
    timeout: 180_000,
  }, async () => {
    const size = SCREENS[0] as Size;
    const drawn = await openPainting("latin-cjk", await allPictures(size));
    const data = stations.folder();
    const station = await stations.station({ data });
    const settings = {
      uid: UID,
      "broker.port": station.mqttPort,
      "broker.userName": UID,
      "broker.password": localPassword(station.localKey, UID),
      "telemetry.interval": 0,
    };
    const simulator = bench.launch(process.env.FIELDPAGER_PROGRAM, settings, undefined, size);
    await eventually(() => expect(connectionsOf(simulator)).toBe(1));
    const command = ["--import", "tsx", "hosts/station/cli/fieldpager.ts", "push", UID, TOUR.text];
    await promisify(execFile)(process.execPath, [...command, "--station", station.url, "--data", data], { cwd: ROOT });
    await eventually(async () => {
      const picture = await simulator.picture();
      const differences = minutes().flatMap((time) =>
        minutes().map((arrival) =>
          differenceOf(asOnDisplay(picture), expected({ from: "station", ...TOUR }, size, time, arrival, false, drawn)),
        ),
      );
      expect(Math.min(...differences)).toBe(0);
    });
    process.stdout.write(
      `pictures of text: at most ${simulator.peakOf("Slot used") / SIMULATOR_SLOT_BYTES} slots, ${simulator.peakOf("Chunk used")} bytes of chunks\n`,
    );
    // They come from the flash at the next start.
    expect(await simulator.stop()).toBe(0);
  });
});

describe("a picture", () => {
  const stations = new StationBench();
  afterEach(() => stations.end());

  const ways = [
    ["by the command", true, pushByCommand],
    ["from the console", requireOrSkip("chromium", hasChromium), pushFromConsole],
  ] as const;
  const screens = [
    [SCREENS[0] as Screen, "in colour"],
    [SCREENS[4] as Screen, "in grey"],
  ] as const;
  it.each(
    ways.flatMap(([way, isThere, push]) =>
      isThere ? screens.map(([screen, colours]) => [way, colours, screen, push] as const) : [],
    ),
  )(
    "pushed %s to everyone is painted as elsewhere, and is the one that was sent: %s",
    { timeout: 180_000 },
    async (_way, _colours, screen, push) => {
      const { kind } = screen;
      const size = { width: screen.width, height: screen.height };
      const bytes = await colorBars(800, 600);
      const data = stations.folder();
      const station = await stations.station({ data, pictureNetworks: ["127.0.0.1"] });
      const settings = {
        uid: UID,
        "broker.port": station.mqttPort,
        "broker.userName": UID,
        "broker.password": localPassword(station.localKey, UID),
        "telemetry.interval": 0,
      };
      const simulator = bench.launch(process.env.FIELDPAGER_PROGRAM, settings, undefined, size);
      // The same program on Node, painted by the rasteriser.
      let list: DrawList = [];
      let elsewhere: Picture | undefined;
      stations.pager(station.mqttPort, "pager-node", {
        size,
        screenKind: kind,
        settings: { "telemetry.interval": 0, "screen.timeZone": "UTC" },
        onPaint: (drawList) => {
          list = drawList;
          elsewhere = painting.paint(drawList, size);
        },
      });
      await eventually(() => expect(connectionsOf(simulator)).toBe(1));
      await eventually(() => expect(screenText(list).join()).toContain("online"));
      await push(bytes, station, data);
      let shown: Picture | undefined;
      await eventually(async () => {
        shown = asOnDisplay(await simulator.picture());
        expect(screenText(list)).toContain("picture");
        expect(differenceOf(shown, asOnDisplay(elsewhere as Picture))).toBe(0);
      });
      const parts = list.filter((part) => part.kind === "picture");
      const { x, y, width } = parts[0] as PicturePart;
      const height = parts.reduce((sum, part) => sum + part.height, 0);
      expect(Math.abs(width / height - 800 / 600)).toBeLessThan(0.03);
      const grey = await sharp(bytes).toColourspace("b-w").raw().toBuffer();
      BARS.forEach((color, bar) => {
        const level = grey[Math.floor(((bar + 0.5) * 800) / BARS.length)] as number;
        const expected = kind === "color" ? color : [level, level, level];
        const middle = x + Math.floor(((bar + 0.5) * width) / BARS.length);
        const found = meanOf(shown as Picture, middle - 12, y + 12, 24, height - 24);
        for (const channel of [0, 1, 2])
          expect(Math.abs((found[channel] ?? 0) - (expected[channel] as number))).toBeLessThan(12);
      });
      process.stdout.write(
        `${kind} picture: at most ${simulator.peakOf("Slot used") / SIMULATOR_SLOT_BYTES} slots, ${simulator.peakOf("Chunk used")} bytes of chunks\n`,
      );
      expect(await simulator.stop()).toBe(0);
      // It comes from the flash at the next start, without a station.
      await station.close();
      const again = bench.launch(process.env.FIELDPAGER_PROGRAM, settings, undefined, size);
      await eventually(async () => {
        const picture = asOnDisplay(await again.picture());
        const found = meanOf(picture, x + 12, y + 12, 24, height - 24);
        expect(Math.abs((found[0] ?? 0) - meanOf(shown as Picture, x + 12, y + 12, 24, height - 24)[0])).toBe(0);
      });
      expect(await again.stop()).toBe(0);
    },
  );

  async function pushByCommand(bytes: Buffer, station: Station, data: string): Promise<void> {
    const server = createServer((_, response) => response.writeHead(200, { "content-type": "image/png" }).end(bytes));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stations.add(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const command = ["--import", "tsx", "hosts/station/cli/fieldpager.ts", "push", "everyone", "Gate 4"];
    const options = ["--picture", `http://127.0.0.1:${port}/gate.png`, "--station", station.url, "--data", data];
    await promisify(execFile)(process.execPath, [...command, ...options], { cwd: ROOT });
  }

  async function pushFromConsole(bytes: Buffer, station: Station): Promise<void> {
    const browser = await launchChromium();
    stations.add(() => browser.close());
    const page = await browser.newPage();
    page.setDefaultTimeout(PAGE_TIMEOUT_MS);
    await page.goto(`${station.url}/`);
    await logIn(page, station);
    await page.getByLabel("To", { exact: true }).fill("everyone");
    await page.getByLabel("Text").fill("Gate 4");
    await page.locator("#push-file").setInputFiles({ name: "gate.png", mimeType: "image/png", buffer: bytes });
    await page.getByText("A picture of this computer.").waitFor();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("Accepted for everyone.").waitFor();
  }
});

const BARS: readonly (readonly [number, number, number])[] = [
  [200, 40, 40],
  [40, 160, 60],
  [40, 60, 200],
  [230, 200, 60],
];

function colorBars(width: number, height: number): Promise<Buffer> {
  const data = Buffer.alloc(3 * width * height);
  for (let at = 0; at < width * height; at += 1)
    data.set(BARS[Math.floor(((at % width) * BARS.length) / width)] ?? [], 3 * at);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

function meanOf(picture: Picture, left: number, top: number, width: number, height: number): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let y = top; y < top + height; y += 1)
    for (let x = left; x < left + width; x += 1)
      for (const channel of [0, 1, 2] as const)
        sums[channel] += picture.rgb[3 * (y * picture.width + x) + channel] as number;
  return sums.map((sum) => sum / (width * height)) as [number, number, number];
}

/** This minute and the one before it, in UTC. */
function minutes(): string[] {
  return [0, 60_000].map((ago) => new Date(Date.now() - ago).toISOString().slice(11, 16));
}

function expected(
  content: Message,
  size: Size,
  time: string,
  arrival: string,
  isBlink: boolean,
  by = painting,
): Picture {
  const seconds = Date.now() / 1000;
  const { widths } = by;
  const model = message(content, size, widths);
  if (model.view.kind !== "message") throw new Error("not a message");
  const isWhole = model.view.page.to === model.view.page.length;
  const drawList = drawScreen(
    {
      ...model,
      status: { ...STATUS, time, bars: 4, unreadCount: 1 },
      labels: ["", "read", isWhole ? "home" : "more"],
      view: { ...model.view, time: `${describeDay(seconds, seconds, 0)} ${arrival}`, isBlink },
    },
    size,
    widths,
    "color",
  );
  return asOnDisplay(by.paint(drawList, size));
}

/** The picture with filled lower bits of RGB565, as the page paints it. The simulator leaves them clear. */
function asOnDisplay({ width, height, rgb }: Picture): Picture {
  return { width, height, rgb: rgb.map((value, at) => value & (at % 3 === 1 ? 0xfc : 0xf8)) };
}
