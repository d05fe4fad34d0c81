import { expect, it } from "vitest";
import { setupScreen } from "../../../hosts/moddable/setup-screen.ts";
import { measureText } from "../../../hosts/node/text-width.ts";
import { FONTS } from "../../../src/pager/screen/fonts.ts";
import { screenText } from "../../../src/pager/screen/screen-text.ts";

const ADDRESS = `setting broker.host: "${"h".repeat(80)}"`;

it.each([
  { width: 320, height: 240 },
  { width: 128, height: 64 },
  { width: 0, height: 0 },
])("what is wrong stays inside a screen of $width by $height, a word that is longer than a line, too", (size) => {
  const list = setupScreen(
    "Cannot start",
    ["setting wifi.ssid: missing", ADDRESS, ...Array(20).fill("and so on")],
    size,
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
