/** What the engine needs of the modules that are run by the linker and lie in flash, beyond what `architecture.test.ts` holds. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../../hosts/moddable/tools/command.ts";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const PREFIX = "fieldpager/";

const preloaded = ["manifest.json", "hosts/esp32/manifest.json", "hosts/simulator/manifest.json"]
  .flatMap((path) => (JSON.parse(read(path)) as { preload: string[] }).preload)
  .filter((name) => name.startsWith(PREFIX))
  .map((name) => `${name.slice(PREFIX.length)}.ts`);

/**
 * Modules that hold what changes while the program runs are run on the device. Those of types alone make nothing, and no board
 * carries those of a folder `optional`.
 */
const RUN_ON_DEVICE = ["hosts/esp32/main.ts", "hosts/simulator/board.ts", "hosts/simulator/main.ts"];
const makesSomething = (text: string) => /^(export (const|let|function|class)|if|for|throw) ?/m.test(text);

describe("preloaded modules", () => {
  it("are all that can be", () => {
    const folders = ["src", "hosts/moddable", "hosts/moddable/tls", "hosts/esp32", "hosts/simulator"];
    const files = folders.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: folder === "src", encoding: "utf8" }).map((name) =>
        join(folder, name),
      ),
    );
    const wanted = [...files, "hosts/runner.ts"].filter(
      (path) =>
        /(?<!\.d)\.ts$/.test(path) &&
        !path.includes("/optional/") &&
        !RUN_ON_DEVICE.includes(path) &&
        makesSomething(read(path)),
    );
    expect([...preloaded].sort()).toEqual(wanted.sort());
  });

  // In SDK 8.2.3 each use of a pattern that lies in flash leaks memory and gives the garbage collector a wrong pointer:
  // xs/sources/xsre.c, fxAllocateRegExpData, lacks an else. Patterns made inside functions are made at run time and are safe.
  it.each(preloaded)("%s has no pattern at its top", (path) => {
    const lines = read(path).split("\n");
    expect(
      lines.filter((line) => /^(export )?(const|let) [^=]*= .*(\/[^/*\s].*\/[dgimsuvy]*[,;)]|new RegExp)/.test(line)),
    ).toEqual([]);
  });
});
