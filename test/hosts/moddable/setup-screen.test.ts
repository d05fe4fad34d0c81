import { expect, it } from "vitest";
import { makeQrCode } from "../../../hosts/browser/qr-code.ts";
import { setupScreen } from "../../../hosts/moddable/setup-screen.ts";
import { measureText } from "../../../hosts/node/faces.ts";
import { FONTS } from "../../../src/pager/screen/fonts.ts";
import { screenText } from "../../../src/pager/screen/screen-text.ts";
import { pixelsOf, readQrCode } from "../../qr-reader.ts";

const ADDRESS = `setting broker.host: "${"h".repeat(80)}"`;

it.each([
  { width: 320, height: 240 },
  { width: 128, height: 64 },
  { width: 0, height: 0 },
])("an error fits on a screen of $width by $height, even with a word that is longer than a line", (size) => {
  const list = setupScreen(
    "Cannot start",
    ["setting wifi.ssid: missing", ADDRESS, ...Array(20).fill("and so on")],
    size,
    "color",
    measureText,
  );
  for (const command of list) {
    if (command.kind !== "text" || command.text === "Cannot start") continue;
    expect(command.x + measureText(command.font, command.text)).toBeLessThanOrEqual(size.width);
    expect(command.y + FONTS[command.font].lineHeight).toBeLessThanOrEqual(size.height);
  }
  expect(screenText(list)[0]).toBe("Cannot start");
  if (size.height === 240) expect(screenText(list).join("").replaceAll(" ", "")).toContain(ADDRESS.replaceAll(" ", ""));
});

it.each([
  { width: 320, height: 240 },
  { width: 135, height: 240 },
  { width: 540, height: 960 },
  { width: 128, height: 64 },
])("a QR code on a screen of $width by $height can be read, and no text runs into it", (size) => {
  const code = makeQrCode("FP1:AQAAQMJQFYYC4MBOGKK4TYLS");
  const list = setupScreen("Set up", ["Join fieldpager-aabbcc", ADDRESS], size, "color", measureText, code);
  expect(readQrCode(size, pixelsOf(list, size))).toBe("FP1:AQAAQMJQFYYC4MBOGKK4TYLS");
  const ground = list.findLast(({ kind }) => kind === "fill") as { x: number; y: number };
  for (const command of list) {
    if (command.kind !== "text" || command.text === "Set up") continue;
    const isLeft = command.x + measureText(command.font, command.text) <= ground.x;
    expect(isLeft || command.y + FONTS[command.font].lineHeight <= ground.y, JSON.stringify(command)).toBe(true);
  }
});
