/** Tables of `hosts/esp32/README.md` that commands write. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../moddable/tools/command.ts";

const README = join(ROOT, "hosts", "esp32", "README.md");

/** Writes these rows in the place of those of one table. @param head how the table begins, without its first bar and space */
export function writeReadmeRows(head: string, rows: readonly (readonly string[])[]): void {
  const readme = readFileSync(README, "utf8");
  const start = readme.indexOf(`| ${head} |`);
  const [top] = /^.*\n\|[-|]+\n/.exec(readme.slice(start)) ?? [];
  if (start < 0 || top === undefined) throw new Error(`${README} has no table that begins with: ${head}`);
  const rest = readme.slice(start + top.length).replace(/^(?:\|.*\n)*/, "");
  const lines = rows.map((cells) => `| ${cells.join(" | ")} |\n`);
  writeFileSync(README, readme.slice(0, start) + top + lines.join("") + rest);
}

export function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
