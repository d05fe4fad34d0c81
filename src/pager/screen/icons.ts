/** The icons of the screen: one-bit pictures of our own. `test/pager/icons.test.ts` holds the drawings. */

/** The bits of all icons, one after the other. Rows are padded to whole bytes; the most significant bit is on the left. */
export const ICON_BITS = unpack(
  "000000000000000000000000000000000000c000db60db60000000000000000000000000180018001800d800db60db60000000000000" +
    "0300030003001b001b001b00db00db60db600060006000600360036003601b601b601b60db60db60db60c060606030601b600d600660" +
    "1b6019a01ac0db60db30db5830c019800f0006000f00198030c0000000000000db60db601c0070006000e000e000e000f000f0207ce0" +
    "7fe01fc0fffc80048004800680068006800680048004fffc1e007f807f80ffc0ffc0ffc0ffc07f807f801e001e007f807380e1c0c0c0" +
    "c0c0e1c073807f801e00ffc0ffc0ffc0ffc0ffc0ffc0ffc0ffc0ffc0ffc0c0c0e1c073803f001e001e003f007380e1c0c0c00000001e" +
    "3f3f1e000000fe7c3810",
);

function unpack(digits: string): Uint8Array {
  const bits = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bits.length; at += 1) bits[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16);
  return bits;
}

/** Each icon is one number: its height in the lower 5 bits, its width in the next 5, then its offset in `ICON_BITS`. */
export const ICONS = Object.freeze({
  bars1: 0x0016c,
  bars2: 0x0616c,
  bars3: 0x0c16c,
  bars4: 0x1216c,
  noBroker: 0x181ac,
  noNetwork: 0x1e16c,
  quiet: 0x2416b,
  battery: 0x299ea,
  online: 0x2e94a,
  away: 0x3394a,
  busy: 0x3894a,
  offline: 0x3d94a,
  unknown: 0x4290a,
  caret: 0x450e4,
} as const);

export type Icon = (typeof ICONS)[keyof typeof ICONS];

/** In pixels. */
export function iconWidth(icon: Icon): number {
  return (icon >> 5) & 31;
}

/** In pixels. */
export function iconHeight(icon: Icon): number {
  return icon & 31;
}

/** Of the first row, in `ICON_BITS`. */
export function iconOffset(icon: Icon): number {
  return icon >> 10;
}
