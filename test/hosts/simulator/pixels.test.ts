/** The SDK's Poco in the XS engine paints the same pixels as the rasteriser of the browser page and of the golden pictures. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { localPassword } from "../../../hosts/common/local-key.ts";
import { ROOT } from "../../../hosts/moddable/tools/command.ts";
import type { Picture } from "../../../hosts/moddable/tools/picture.ts";
import { SIMULATOR_SLOT_BYTES } from "../../../hosts/simulator/tools/memory.ts";
import { describeDay } from "../../../src/gateway/describe.ts";
import type { Size } from "../../../src/pager/screen/draw-list.ts";
import { drawScreen } from "../../../src/pager/screen/screen.ts";
import type { Broker } from "../../brokers/broker.ts";
import { differenceOf } from "../../pictures/golden.ts";
import { allPictures, openPainting, type Painting } from "../../pictures/raster.ts";
import { type Message, message, SCREENS, STATUS, TOUR } from "../../pictures/scenes.ts";
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
