/** The README of the broker lists its bounds and its files. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LIMITS } from "../../../../hosts/station/broker/limits.ts";

const FOLDER = new URL("../../../../hosts/station/broker/", import.meta.url);
const readme = readFileSync(new URL("README.md", FOLDER), "utf8");

it("lists every bound with its default", () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` \| (\d+) \|$/gm)].map(([, name, value]) => [name, Number(value)]);
  expect(Object.fromEntries(rows)).toEqual(LIMITS);
});

it("names every file, and none that is not there", () => {
  const table = readme.slice(readme.indexOf("## The parts"), readme.indexOf("## Bounds"));
  const named = [...table.matchAll(/`([\w-]+\.ts)`/g)].map(([, name]) => name);
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".ts"));
  const small = ["core.ts", "new-core.ts", "deadlines.ts", "errors.ts", "subscription.ts", "topic.ts"];
  expect([...named, ...small].sort()).toEqual(files.sort());
});
