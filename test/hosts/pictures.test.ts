/** Every view at every size, nasty contents and many languages look as they did when somebody checked them by eye. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Picture } from "../../hosts/simulator/tools/picture.ts";
import { differenceOf, goldenNames, readGolden } from "../pictures/golden.ts";
import { openPainting, type Painting } from "../pictures/raster.ts";
import { SCENES } from "../pictures/scenes.ts";

let painting: Painting;
beforeAll(async () => {
  painting = await openPainting("latin-cjk");
});

describe("a picture of the screen equals the golden one; if the change is wanted: npm run gallery -- --renew", () => {
  it.each(SCENES)("$name", ({ name, screen, draw }) => {
    const picture = painting.paint(draw(painting.widths), screen, screen.kind);
    expect(differenceOf(readGolden(name), picture)).toBe(0);
  });

  it("and there is no other golden picture", () => {
    expect([...goldenNames()].sort()).toEqual(SCENES.map(({ name }) => name).sort());
  });

  it("and one wrong pixel would be found", () => {
    const [scene] = SCENES;
    const picture = painting.paint(scene?.draw(painting.widths) ?? [], scene?.screen ?? { width: 0, height: 0 });
    const changed: Picture = { ...picture, rgb: picture.rgb.map((value, at) => (at === 3_000 ? value ^ 8 : value)) };
    expect(differenceOf(picture, changed)).toBe(1);
  });
});
