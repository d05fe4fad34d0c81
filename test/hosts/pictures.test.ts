/** Every view at every size, nasty contents and many languages look as they did when somebody checked them by eye. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Picture } from "../../hosts/moddable/tools/picture.ts";
import { differenceOf, goldenNames, readGolden } from "../pictures/golden.ts";
import { paintScenes } from "../pictures/raster.ts";
import { SCENES, type Scene } from "../pictures/scenes.ts";

let paint: (scene: Scene) => Picture;
beforeAll(async () => {
  paint = await paintScenes();
}, 120_000);

describe("a picture of the screen equals the golden one; if the change is wanted: npm run gallery -- --renew", () => {
  it.each(SCENES)("$name", (scene) => {
    expect(differenceOf(readGolden(scene.name), paint(scene))).toBe(0);
  });

  it("and there is no other golden picture", () => {
    expect([...goldenNames()].sort()).toEqual(SCENES.map(({ name }) => name).sort());
  });

  it("and one wrong pixel would be found", () => {
    const picture = paint(SCENES[0] as Scene);
    const changed: Picture = { ...picture, rgb: picture.rgb.map((value, at) => (at === 3_000 ? value ^ 8 : value)) };
    expect(differenceOf(picture, changed)).toBe(1);
  });
});
