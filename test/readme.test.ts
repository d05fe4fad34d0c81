import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { BOARDS, boardManifest } from "../hosts/esp32/tools/boards.ts";
import { BOARD_SETTING_TEXTS } from "../hosts/moddable/board-setting-texts.ts";
import { BOARD_SETTINGS } from "../hosts/moddable/board-settings.ts";
import { allowances, creationOf } from "../hosts/simulator/tools/memory.ts";
import { SETTING_TEXTS } from "../src/gateway/setting-texts.ts";
import { SETTINGS } from "../src/gateway/settings.ts";
import { rowsIn, settingRows } from "./setting-rows.ts";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const PATHS = [
  "README.md",
  "src/README.md",
  "src/gateway/README.md",
  "src/mqtt/README.md",
  "src/payload/README.md",
  "src/xmpp/README.md",
  "hosts/esp32/README.md",
  "hosts/station/README.md",
  "test/README.md",
];

const PACKAGE = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  scripts: Record<string, string>;
};

/** The cells of each row of the table that begins with `head`. */
function tableOf(text: string, head: string): string[][] {
  const lines = text.slice(text.indexOf(head)).split("\n");
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(2, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("the READMEs", () => {
  it("have the rows of every setting, and no others", () => {
    const rows = rowsIn(read("src/gateway/README.md"), "Settings");
    expect(rows).toEqual(settingRows(SETTINGS, SETTING_TEXTS));
    const boards = rowsIn(read("hosts/esp32/README.md"), "Settings of a board");
    expect(boards).toEqual(settingRows(BOARD_SETTINGS, BOARD_SETTING_TEXTS));
  });

  it("list every board with the size of flash in its configuration, and nothing else", () => {
    const rows = tableOf(read("hosts/esp32/README.md"), "| board | screen |");
    const flashOf = (board: string) => {
      const { build } = JSON.parse(readFileSync(boardManifest(board), "utf8")) as {
        build?: { SDKCONFIGPATH?: string };
      };
      const path =
        build?.SDKCONFIGPATH && posix.join("hosts/esp32/boards", board, build.SDKCONFIGPATH, "sdkconfig.defaults");
      return path && /^CONFIG_ESPTOOLPY_FLASHSIZE_16MB=y$/m.test(read(path)) ? "16 MB" : "4 MB";
    };
    expect(rows.map((row) => [row[0], row.at(-1)])).toEqual(BOARDS.map((board) => [`\`${board}\``, flashOf(board)]));
  });

  it("say which boards can sleep, as their manifests do", () => {
    const rows = tableOf(read("hosts/esp32/README.md"), "| board | screen |");
    const kinds = Object.entries({ sleep: "deep-sleep", "light sleep": "light-sleep" });
    const includesOf = (board: string): string[] => JSON.parse(readFileSync(boardManifest(board), "utf8")).include;
    const has = (board: string, module: string) => includesOf(board).includes(`../../native/${module}.json`);
    expect(rows.map((row) => row[5]?.split(", ").filter((part) => part.endsWith("sleep")))).toEqual(
      BOARDS.map((board) => kinds.flatMap(([words, module]) => (has(board, module) ? [words] : []))),
    );
  });

  it("tell the memory that each board allows the program, and none that is used beyond it", () => {
    const table = tableOf(read("hosts/esp32/README.md"), "| boards | when |");
    const number = (cell = "") => Number(cell.replaceAll(",", ""));
    for (const { boards, chunkBytes, slots, stackSlots } of allowances()) {
      const rows = table.filter(([cell]) => cell === boards.map((board) => `\`${board}\``).join(", "));
      expect(rows.map(([, when]) => when)).toEqual(["every view", "a backlog"]);
      for (const [, , ...cells] of rows) {
        const [chunksUsed = 0, ofChunks, slotsUsed = 0, ofSlots, stackUsed = 0, ofStack] = cells.map(number);
        expect([ofChunks, ofSlots, ofStack]).toEqual([chunkBytes, slots, stackSlots]);
        expect([chunksUsed <= chunkBytes, slotsUsed <= slots, stackUsed <= stackSlots]).toEqual([true, true, true]);
      }
    }
    expect(table).toHaveLength(2 * allowances().length);
  });

  it("tell what each view uses of the memory of an M5Stack", () => {
    const { chunk, heap } = creationOf("m5stack");
    const number = (cell = "") => Number(cell.replaceAll(",", ""));
    const table = tableOf(read("hosts/esp32/README.md"), "| view | chunks |");
    expect(table.map(([view]) => view)).toEqual([
      ...["alert", "replies", "home", "inbox", "message", "people", "texts", "this device", "message with a picture"],
    ]);
    for (const [, ...cells] of table) {
      const [chunksUsed = 0, ofChunks, slotsUsed = 0, ofSlots] = cells.map(number);
      expect([ofChunks, ofSlots]).toEqual([chunk.initial, heap.initial]);
      expect([0 < chunksUsed && chunksUsed < chunk.initial, 0 < slotsUsed && slotsUsed < heap.initial]).toEqual([
        true,
        true,
      ]);
    }
  });

  it("name every command of package.json that a user needs, and no other command", () => {
    const named = new Set(
      [
        ...PATHS.map(read)
          .join("\n")
          .matchAll(/npm run ([a-z:0-9]+)/g),
      ].map(([, name]) => name as string),
    );
    expect([...named].filter((name) => !(name in PACKAGE.scripts))).toEqual([]);
    const own = ["lint", "format", "typecheck", "start", "test", "prepack"];
    expect(Object.keys(PACKAGE.scripts).filter((name) => !named.has(name) && !own.includes(name))).toEqual([]);
  });

  it.each(PATHS)("%s links only to files and headings that exist, and lists its own headings", (path) => {
    const text = read(path);
    const anchorsOf = (of: string) =>
      [...read(of).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
        title
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} -]/gu, "")
          .replaceAll(" ", "-"),
      );
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    for (const [link, file = "", anchor] of links) {
      const target = file === "" ? path : posix.join(posix.dirname(path), file);
      expect(existsSync(new URL(`../${target}`, import.meta.url)), `${path}: ${link}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(target), `${path}: ${link}`).toContain(anchor);
    }
    if (path === "README.md") return;
    const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    const contents = [...text.matchAll(/^- \[(.+)\]\(#.+\)$/gm)].map(([, title]) => title);
    expect(contents).toEqual(sections);
  });
});
