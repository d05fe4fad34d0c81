import type { DrawCommand, DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import { FONTS } from "../../src/pager/screen/fonts.ts";
import { MARGIN } from "../../src/pager/screen/layout.ts";
import { qrPicture, qrSide } from "../../src/pager/screen/qr-picture.ts";
import { wrapText } from "../../src/pager/screen/text-layout.ts";
import { textWidths } from "../../src/pager/screen/text-widths.ts";
import { type ScreenKind, themeOf } from "../../src/pager/screen/theme.ts";
import type { MeasureText, QrCode } from "../../src/seams.ts";

/**
 * Makes the screen of a device that cannot start, that has ended or that wants to be set up: a title, as much of the lines as
 * fits, and a QR code on the right or, on a high screen, at the bottom.
 */
export function setupScreen(
  title: string,
  lines: readonly string[],
  size: Size,
  kind: ScreenKind,
  measureText: MeasureText,
  code?: QrCode,
): DrawList {
  const theme = themeOf(kind);
  const isWide = size.width > size.height;
  const room = isWide ? Math.min(size.height, size.width >> 1) : Math.min(size.width, size.height >> 1);
  const side = code ? qrSide(code, room) : 0;
  const right = size.width - (isWide ? side : 0);
  const bottom = size.height - (isWide ? 0 : side);
  const list: DrawCommand[] = [{ kind: "fill", x: 0, y: 0, ...size, color: theme.ground }];
  list.push({ kind: "text", x: MARGIN, y: MARGIN, font: "body", color: theme.fault, text: title });
  const { lineHeight } = FONTS.small;
  const widths = textWidths(measureText);
  let y = MARGIN + FONTS.body.lineHeight;
  for (const line of lines) {
    const linesMax = Math.floor((bottom - y) / lineHeight);
    if (linesMax < 1) break;
    for (const text of wrapText(line, "small", right - 2 * MARGIN, linesMax, widths)) {
      list.push({ kind: "text", x: MARGIN, y, font: "small", color: theme.text, text });
      y += lineHeight;
    }
    y += MARGIN;
  }
  if (code) {
    const x = isWide ? right : (size.width - side) >> 1;
    const top = isWide ? (size.height - side) >> 1 : bottom;
    list.push(...qrPicture(code, x, top, room));
  }
  return list;
}
