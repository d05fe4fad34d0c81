/** Prints the coverage table of the server. Fails if a statement is missing, or a test that it names. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Row, SERVER } from "../../../../mqtt/scripted/statements.ts";
import { SERVER_CASES } from "./cases.ts";
import { NEVER_SERVER, NEW_SERVER_STATEMENTS, OLD_SERVER_STATEMENTS } from "./statements.ts";

const FOLDER = fileURLToPath(new URL("..", import.meta.url));
const SOURCES = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts"))
  .map((path) => readFileSync(`${FOLDER}${path}`, "utf8"))
  .join("\n");

const held = (level: 4 | 5, statement: string, where: string): string | undefined => {
  if (where !== "script") return SOURCES.includes(where) ? where : undefined;
  return SERVER_CASES.find((row) => row.level === level && row.name.includes(`[MQTT-${statement}]`))?.name;
};

describe.each([
  [4, "3.1.1", OLD_SERVER_STATEMENTS],
  [5, "5", NEW_SERVER_STATEMENTS],
] as const)("statements of a server (protocol level %d)", (level, version, table: readonly Row[]) => {
  const rows = table.flatMap(([statements, where]) =>
    statements.split(" ").map((statement) => ({ statement, test: held(level, statement, where) })),
  );
  const never = NEVER_SERVER.filter(([statements]) => statements.startsWith(`${version}: `)).map(
    ([statements, why]) => [statements.slice(version.length + 2), why] as const,
  );

  it("are each held by a test that is there", () => {
    const lines = rows.map(({ statement, test }) => `[MQTT-${statement}] ${test}`);
    for (const [statements, why] of never) lines.push(`[MQTT-${statements.replaceAll(" ", "] [MQTT-")}] ${why}`);
    console.log(`MQTT ${version}: ${rows.length} held\n${lines.join("\n")}`);
    expect(rows.filter(({ test }) => test === undefined).map(({ statement }) => statement)).toEqual([]);
  });

  it("stand in the table, each once, and nothing else does", () => {
    const all = [...rows.map(({ statement }) => statement), ...never.flatMap(([statements]) => statements.split(" "))];
    expect(all.sort()).toEqual(SERVER[version].split(" ").sort());
  });
});
