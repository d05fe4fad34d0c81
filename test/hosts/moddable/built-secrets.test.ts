import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { linkByteCode } from "../../../hosts/esp32/tools/boards.ts";
import { splitSettings } from "../../../hosts/esp32/tools/setup-image.ts";
import { BUILD, ROOT } from "../../../hosts/moddable/tools/command.ts";
import { findSdk } from "../../../hosts/moddable/tools/sdk.ts";
import { requireOrSkip } from "../../require.ts";
import { sdkOfThisMachine } from "./sdk-of-this-machine.ts";

const BOARD_MANIFEST = join(ROOT, "hosts", "esp32", "boards", "esp32c3", "manifest.json");

const SECRET = "hush-hush-hush";
/** A setting that is built in. It shows that the search finds such values. */
const PLAIN = "plain-plain-plain";

/** The files below a folder that contain a text, plain or as the linker writes it into C source. */
function filesWith(folder: string, text: string): readonly string[] {
  const escaped = [...text].map((each) => `\\x${each.charCodeAt(0).toString(16)}`).join("");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .filter((entry) => {
      const content = readFileSync(join(entry.parentPath, entry.name), "latin1");
      return content.includes(text) || content.includes(escaped);
    })
    .map(({ name }) => name);
}

it.runIf(requireOrSkip("moddable", sdkOfThisMachine() !== undefined))(
  "what deploy builds holds no secret of its command line",
  {
    timeout: 300_000,
  },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "fieldpager-secrets-"));
    const built = join(BUILD, "esp32");
    const program = `pager-${basename(folder)}`;
    const folders = [join(built, "tmp/esp32/esp32c3/release", program), join(built, "programs/esp32c3", program)];
    try {
      writeFileSync(
        join(folder, "manifest.json"),
        JSON.stringify({ build: { SDK_TARGET: "esp32c3" }, include: BOARD_MANIFEST }),
      );
      const { builtIn } = splitSettings([`wifi.password=${SECRET}`, `broker.password=${SECRET}`, `label=${PLAIN}`]);
      await linkByteCode(findSdk(), "esp32c3", builtIn, join(folder, "manifest.json"));
      expect(folders.flatMap((each) => filesWith(each, PLAIN))).toContain("mc.xs.c");
      expect(folders.flatMap((each) => filesWith(each, SECRET))).toEqual([]);
    } finally {
      for (const each of [folder, ...folders]) rmSync(each, { recursive: true, force: true });
    }
  },
);
