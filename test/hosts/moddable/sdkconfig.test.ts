/** `hosts/esp32` replaces the SDK's configuration of ESP-IDF for its boards. No option of the SDK may get lost. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { BOARDS, boardManifest, sdkTarget } from "../../../hosts/esp32/tools/boards.ts";
import { requireOrSkip } from "../../require.ts";
import { sdkOfThisMachine } from "./sdk-of-this-machine.ts";

const WATCHDOG = ["CONFIG_ESP_TASK_WDT_EN=y", "CONFIG_ESP_TASK_WDT_PANIC=y", "CONFIG_ESP_INT_WDT=y"];

const root = sdkOfThisMachine()?.root;

/** The options of a file, without those that are commented out. */
function optionsOf(path: string): readonly string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("CONFIG_"));
}

function ownOptions(board: string): readonly string[] {
  const manifest = boardManifest(board);
  const path: string | undefined = JSON.parse(readFileSync(manifest, "utf8")).build?.SDKCONFIGPATH;
  return path === undefined ? [] : optionsOf(join(dirname(manifest), path, "sdkconfig.defaults"));
}

/** What the SDK sets for the board. Some have no file. */
function sdkOptions(board: string): readonly string[] {
  const target = join(root as string, "build", "devices", "esp32", "targets", sdkTarget(boardManifest(board)));
  const path = join(target, "sdkconfig", "sdkconfig.defaults");
  return existsSync(path) ? optionsOf(path) : [];
}

const pathsOf = (board: string): { SDKCONFIGPATH?: string; PARTITIONS_FILE?: string } =>
  JSON.parse(readFileSync(boardManifest(board), "utf8")).build;

describe.each(BOARDS)("%s", (board) => {
  it("has its watchdogs on", () => {
    expect(ownOptions(board)).toEqual(expect.arrayContaining(WATCHDOG));
  });

  it("goes back from a new program that does not confirm itself", () => {
    expect(ownOptions(board)).toContain("CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE=y");
  });

  it("has what light sleep needs where it can have light sleep, and lists it where its program has it", () => {
    const manifest = boardManifest(board);
    const can = JSON.parse(readFileSync(manifest, "utf8")).include.includes("../../native/light-sleep.json");
    const options = ["CONFIG_PM_ENABLE=y", "CONFIG_FREERTOS_USE_TICKLESS_IDLE=y"];
    if (can) expect(ownOptions(board)).toEqual(expect.arrayContaining(options));
    expect(/^ {4}lightSleep,$/m.test(readFileSync(join(dirname(manifest), "board.ts"), "utf8"))).toBe(can);
  });

  it("has the slots that its flash holds", () => {
    const isLarge = ownOptions(board).includes("CONFIG_ESPTOOLPY_FLASHSIZE_16MB=y");
    expect(pathsOf(board).PARTITIONS_FILE).toBe(`./../../partitions${isLarge ? "-16mb" : ""}.csv`);
  });

  it("names its files so that the SDK finds them: it looks beside the manifest only for ./", () => {
    expect(pathsOf(board).SDKCONFIGPATH).toMatch(/^\.\//);
  });

  it.runIf(requireOrSkip("moddable", root !== undefined))("keeps what the SDK sets for it", () => {
    expect(ownOptions(board)).toEqual(expect.arrayContaining([...sdkOptions(board)]));
  });
});

it.runIf(requireOrSkip("moddable", root !== undefined))(
  "the SDK's configurations are where they are looked for",
  () => {
    for (const board of ["m5paper", "m5stack_core2", "m5stack_cores3"])
      expect(sdkOptions(board), board).not.toEqual([]);
  },
);
