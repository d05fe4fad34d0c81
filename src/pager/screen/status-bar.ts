/** The bar at the top: time, and the state of the device as icons. Each icon has words in the text copy. */
import { ICONS, type Icon, iconWidth } from "./icons.ts";
import { barHeight, type DrawListBuilder, GAP, MARGIN } from "./layout.ts";
import { presenceColor, presenceIcon } from "./presence-mark.ts";

export interface ScreenStatus {
  /** Time of day. Empty while the clock is not set. */
  readonly time: string;
  /** What is missing, in two words. Empty while the broker is connected. */
  readonly trouble: string;
  /** There is a network, and no broker. */
  readonly isBrokerAway: boolean;
  /** Strength of the radio signal, 1 to 4. 4 where there is no radio. */
  readonly bars: number;
  /** The carrier's own presence: status as on the wire, and in words. */
  readonly presence: number;
  readonly presenceWords: string;
  readonly isQuiet: boolean;
  /** Level of the battery, `85%`, and `+85%` while it is being charged. Empty: not known. */
  readonly battery: string;
  readonly unreadCount: number;
}

const BARS: readonly Icon[] = Object.freeze([ICONS.bars1, ICONS.bars2, ICONS.bars3, ICONS.bars4]);

/** A battery with less is drawn as a fault, in percent. */
const LOW_BATTERY = 15;

/** The room for the level in the icon of the battery. */
const LEVEL = Object.freeze({ left: 2, width: 10, height: 6 });

/** Left and right of the number in the pill. */
const PILL_PADDING = 6;
const PILL_HEIGHT = 18;
const UNREAD_SHOWN_MAX = 99;

/** Draws the icons from the right, and a text on the left where there is room for it. */
export function drawStatusBar(builder: DrawListBuilder, status: ScreenStatus, left: string): void {
  const { size, theme } = builder;
  const height = barHeight(size);
  const { trouble, presence, battery, unreadCount } = status;
  let x = size.width - MARGIN + 2 * GAP;
  const place = (width: number) => {
    x -= width + 2 * GAP;
    return x;
  };
  if (unreadCount > 0) drawPill(builder, place, unreadCount, height);
  if (battery !== "") {
    const percent = Number.parseInt(battery, 10);
    const color = percent <= LOW_BATTERY ? theme.fault : theme.barText;
    builder.icon(ICONS.battery, place(iconWidth(ICONS.battery)), 0, height, color, battery);
    const { left: inset, width, height: levelHeight } = LEVEL;
    builder.fill(x + inset, (height - levelHeight) >> 1, Math.ceil((width * percent) / 100), levelHeight, color);
  }
  const link: Icon =
    trouble === "" ? (BARS[status.bars - 1] ?? ICONS.bars4) : status.isBrokerAway ? ICONS.noBroker : ICONS.noNetwork;
  builder.icon(link, place(iconWidth(link)), 0, height, trouble === "" ? theme.barText : theme.fault, trouble);
  if (status.isQuiet) builder.icon(ICONS.quiet, place(iconWidth(ICONS.quiet)), 0, height, theme.barText, "quiet");
  // Nobody sees the presence of a device without a broker.
  if (trouble === "")
    builder.icon(
      presenceIcon(presence),
      place(iconWidth(ICONS.online)),
      0,
      height,
      presenceColor(theme, presence),
      status.presenceWords,
    );
  const room = x - 2 * GAP - MARGIN;
  if (builder.widthOf(builder.font, left) <= room)
    builder.fitted(MARGIN, builder.textTop(0, height), builder.font, theme.barText, left);
}

function drawPill(
  builder: DrawListBuilder,
  place: (width: number) => number,
  unreadCount: number,
  barPixels: number,
): void {
  const { theme } = builder;
  const text = unreadCount > UNREAD_SHOWN_MAX ? `${UNREAD_SHOWN_MAX}+` : String(unreadCount);
  const textWidth = builder.widthOf(builder.font, text);
  const width = textWidth + 2 * PILL_PADDING;
  const x = place(width);
  const top = (barPixels - PILL_HEIGHT) >> 1;
  // Its corners are cut.
  builder.fill(x + 2, top, width - 4, PILL_HEIGHT, theme.accent);
  builder.fill(x, top + 2, width, PILL_HEIGHT - 4, theme.accent);
  builder.bold(
    x + PILL_PADDING,
    builder.textTop(0, barPixels),
    builder.font,
    theme.ground,
    text,
    textWidth + 1,
    `${unreadCount} unread`,
  );
}
