/** A landscape as pixels, the same on each machine: sky, sun, hills and a red tower. */
const SKY = [
  [60, 120, 210],
  [235, 215, 180],
] as const;
const SUN = [255, 240, 150] as const;
const HILL = [40, 110, 60] as const;
const FIELD = [190, 170, 70] as const;
const TOWER = [190, 40, 35] as const;

type Color = readonly [number, number, number];

/** Three channels for each pixel, row by row. @param number moves the sun and the hills: each number is another picture */
export function photo(width: number, height: number, number = 0): Uint8Array {
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1)
      data.set(colorAt(column / width, row / height, width / height, number), 3 * (row * width + column));
  }
  return data;
}

/** @param x, y from 0 to 1 */
function colorAt(x: number, y: number, ratio: number, number: number): Color {
  if (Math.abs(x - 0.3) < 0.035 && y > 0.25 && y < 0.8) return TOWER;
  if (y > 0.62 + 0.1 * Math.sin(7 * x + 1.7 * number)) return mixed(FIELD, SKY[0], 0.3 * (1 - y));
  if (y > 0.5 + 0.15 * Math.sin(4 * x + number)) return mixed(HILL, SKY[1], 0.5 * y);
  if (Math.hypot((x - 0.2 - ((0.13 * number) % 0.7)) * ratio, y - 0.22) < 0.12) return SUN;
  return mixed(SKY[0], SKY[1], Math.min(1, 1.6 * y));
}

function mixed(from: Color, to: Color, part: number): Color {
  return [0, 1, 2].map((at) =>
    Math.round((from[at] as number) * (1 - part) + (to[at] as number) * part),
  ) as unknown as Color;
}
