import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SETTINGS } from "../src/gateway/settings.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const PACKAGE = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  scripts: Record<string, string>;
};

describe("README", () => {
  it("has a row for every setting, with its default and its range, and for nothing else", () => {
    const rows = Object.entries(SETTINGS).map(([name, setting]) => {
      const value = setting.default === "" ? "" : `\`${setting.default}\` `;
      if (setting.kind === "choice")
        return `| \`${name}\` | ${value}| ${setting.choices.map((choice) => `\`${choice}\``).join(", ")} |`;
      if (setting.kind === "number") return `| \`${name}\` | ${value}| ${setting.min} to ${setting.max} |`;
      if (setting.kind === "list")
        return `| \`${name}\` | ${value}| at most ${setting.countMax}, separated by commas |`;
      return `| \`${name}\` | ${value}| text of at most ${setting.bytesMax} bytes |`;
    });
    const table = README.slice(README.indexOf("## Settings"), README.indexOf("## Sizes"));
    const written = table.split("\n").filter((line) => line.startsWith("| `"));
    expect(written.map((line) => `${line.split("|").slice(0, 4).join("|")}|`)).toEqual(rows);
  });

  it("names no command that package.json has not, and every one that a user needs", () => {
    const named = new Set([...README.matchAll(/npm run ([a-z:0-9]+)/g)].map(([, name]) => name as string));
    expect([...named].filter((name) => !(name in PACKAGE.scripts))).toEqual([]);
    const own = ["lint", "format", "typecheck", "start", "test"];
    expect(Object.keys(PACKAGE.scripts).filter((name) => !named.has(name) && !own.includes(name))).toEqual([]);
  });
});
