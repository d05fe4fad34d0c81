import { describe, expect, it } from "vitest";
import { type BenchClient, BrokerBench } from "../bench.ts";
import { type ScriptedCase, SERVER_CASES } from "./cases.ts";

/** A message of this client comes back to it. */
function expectAlive(bench: BrokerBench, client: BenchClient): void {
  bench.broker.handleBytes(client.number, Uint8Array.of(0xc0, 0), bench.nowMs);
  bench.drain();
  expect(client.takeHex()).toBe("d000");
  expect(client.ending).toBeUndefined();
}

/** @param pieces how the bytes come: whole, byte by byte */
function play({ level, when, hex, answers, closes }: ScriptedCase, isInPieces: boolean): void {
  const bench = new BrokerBench();
  const client = when === "first" ? bench.open(level) : bench.connect("c", level);
  client.takeHex();
  client.take();
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  if (isInPieces) for (const byte of bytes) client.sendBytes(Uint8Array.of(byte));
  else client.sendBytes(bytes);
  if (closes === undefined) {
    if (answers?.[0]?.startsWith("connack")) expect(client.connack?.reasonCode).toBe(Number(answers[0].slice(8)));
    else expect(client.hex).toBe(answers?.join("").replaceAll(" ", ""));
    client.takeHex();
    expectAlive(bench, client);
  } else {
    expect(client.ending).toBeDefined();
    const [said] = client.packets;
    if (closes === "silent") expect(said).toBeUndefined();
    else if (when === "idle") expect(said).toMatchObject({ cmd: "disconnect", reasonCode: closes });
    else expect(said?.cmd === "connack" && (said.reasonCode ?? said.returnCode)).toBe(closes);
    expect(client.packets.length).toBe(closes === "silent" ? 0 : 1);
  }
  // What one client sends is nobody else's trouble.
  const other = bench.connect("other", level);
  other.takeHex();
  expectAlive(bench, other);
}

describe.each([
  ["whole", false],
  ["byte by byte", true],
])("a scripted client, %s", (_how, isInPieces) => {
  it.each(SERVER_CASES.map((row) => [row.name, row] as const))("%s", (_name, row) => play(row, isInPieces));
});

it("has no two cases of one name", () => {
  expect(new Set(SERVER_CASES.map(({ name }) => name)).size).toBe(SERVER_CASES.length);
});
