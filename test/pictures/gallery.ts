/**
 * `npm run gallery`: paints all scenes, and writes one page with all of them. With `-- --renew` they become the golden pictures.
 * Look at them first.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { BUILD, Refusal, runCommand } from "../../hosts/moddable/tools/command.ts";
import { encodePng, type Picture } from "../../hosts/moddable/tools/picture.ts";
import { renewGolden } from "./golden.ts";
import { paintScenes } from "./raster.ts";
import { SCENES, type Scene } from "./scenes.ts";

const GROUPS: Readonly<Record<Scene["group"], string>> = {
  views: "Views",
  contents: "Contents",
  languages: "Languages",
  runs: "Pictures of text",
};

await runCommand(async (args) => {
  if (args.some((arg) => arg !== "--renew")) throw new Refusal("gallery takes --renew or nothing");
  const paint = await paintScenes();
  const pictures = new Map(SCENES.map((scene) => [scene.name, paint(scene)] as const));
  mkdirSync(BUILD, { recursive: true });
  const path = join(BUILD, "gallery.html");
  writeFileSync(path, pageOf(pictures));
  process.stdout.write(`${relative(process.cwd(), path)}: ${pictures.size} pictures\n`);
  if (args.includes("--renew")) renewGolden(pictures);
  return 0;
});

function pageOf(pictures: ReadonlyMap<string, Picture>): string {
  const sections = Object.entries(GROUPS).map(([group, heading]) => {
    const figures = SCENES.filter((scene) => scene.group === group).map(({ name }) => {
      const picture = pictures.get(name) as Picture;
      const source = `data:image/png;base64,${Buffer.from(encodePng(picture)).toString("base64")}`;
      return `<figure><img src="${source}" width="${picture.width}" height="${picture.height}" alt=""><figcaption>${name}</figcaption></figure>`;
    });
    return `<h2>${heading}</h2>\n<div>${figures.join("\n")}</div>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Fieldpager: the screen</title>
<style>
body { background: #777; color: #fff; font: 14px sans-serif; }
div { display: flex; flex-wrap: wrap; gap: 12px; align-items: flex-start; }
figure { margin: 0; }
img { display: block; image-rendering: pixelated; }
</style>
<h1>Fieldpager: the screen</h1>
${sections.join("\n")}
</html>
`;
}
