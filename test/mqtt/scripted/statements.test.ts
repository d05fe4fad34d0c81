/** Prints the coverage table. Fails if a test that it names does not exist. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { MQTT_3_VECTORS } from "../../vectors/mqtt-3.ts";
import { MQTT_5_VECTORS } from "../../vectors/mqtt-5.ts";
import { SCRIPTED_CASES } from "./cases.ts";
import { NEVER, NEW_STATEMENTS, OLD_STATEMENTS, type Row, SERVER } from "./statements.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The text of all test files and tables of vectors, without the file of statements. */
const SOURCES = ["mqtt", "simulation", "hosts/node", "vectors"]
  .flatMap((folder) => readdirSync(`${ROOT}${folder}`).map((name) => `${ROOT}${folder}/${name}`))
  .filter((path) => path.endsWith(".test.ts") || path.includes("/vectors/"))
  .map((path) => readFileSync(path, "utf8"))
  .join("\n");

const held = (level: 4 | 5, statement: string, where: string): string | undefined => {
  if (where !== "script") return SOURCES.includes(where) ? where : undefined;
  return SCRIPTED_CASES.find((row) => row.level === level && row.name.includes(`[MQTT-${statement}]`))?.name;
};

const tableOf = (level: 4 | 5, table: readonly Row[]) =>
  table.flatMap(([statements, where]) =>
    statements.split(" ").map((statement) => ({ statement, test: held(level, statement, where) })),
  );

describe.each([
  [4, "3.1.1", OLD_STATEMENTS],
  [5, "5", NEW_STATEMENTS],
] as const)("statements of MQTT (protocol level %d)", (level, version, table) => {
  const rows = tableOf(level, table);
  const never = NEVER.filter(([statements]) => statements.startsWith(`${version}: `)).map(
    ([statements, why]) => [statements.slice(version.length + 2), why] as const,
  );

  it("are each held by a test that is there", () => {
    const lines = rows.map(({ statement, test }) => `[MQTT-${statement}] ${test}`);
    for (const [statements, why] of never) lines.push(`[MQTT-${statements.replaceAll(" ", "] [MQTT-")}] ${why}`);
    const count = SERVER[version].split(" ").length;
    console.log(`MQTT ${version}: ${rows.length} held, ${count} of the server alone\n${lines.join("\n")}`);
    expect(rows.filter(({ test }) => test === undefined).map(({ statement }) => statement)).toEqual([]);
  });

  it("stand in the table once", () => {
    const all = [...rows.map(({ statement }) => statement), ...SERVER[version].split(" ")];
    for (const [statements] of never) all.push(...statements.split(" "));
    expect(all.filter((statement, index) => all.indexOf(statement) !== index)).toEqual([]);
  });

  it("are all that scripts and vectors name", () => {
    const known = new Set([...rows.map(({ statement }) => statement), ...SERVER[version].split(" ")]);
    for (const [statements] of never) for (const statement of statements.split(" ")) known.add(statement);
    const named = SCRIPTED_CASES.filter((row) => row.level === level).map(({ name }) => name);
    const vectors = (level === 4 ? MQTT_3_VECTORS : MQTT_5_VECTORS).map(({ origin }) => `[${origin}]`);
    const found = [...named, ...vectors].flatMap((name) => [...name.matchAll(/\[MQTT-(\d[\d.]*-\d+)\]/g)]);
    expect(found.map(([, statement]) => statement as string).filter((statement) => !known.has(statement))).toEqual([]);
  });
});
