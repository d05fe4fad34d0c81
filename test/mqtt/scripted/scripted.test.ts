import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SCRIPTED_CASES, type ScriptedCase } from "./cases.ts";
import { ScriptedBroker, type ScriptedConnection, SocketClient } from "./scripted-broker.ts";

let broker: ScriptedBroker;
beforeAll(async () => {
  broker = await ScriptedBroker.listen();
});
afterAll(() => broker.close());

/** CONNACK of a new session, SUBSCRIBE, SUBACK. */
async function begin(connection: ScriptedConnection, level: 4 | 5): Promise<void> {
  expect(await connection.next()).toMatch(/^10/);
  connection.send(level === 5 ? "2003000000" : "20020000");
  const subscribe = await connection.next();
  expect(subscribe).toMatch(/^82/);
  const identifier = subscribe.slice(4, 8);
  connection.send(level === 5 ? `9004${identifier}0002` : `9003${identifier}02`);
}

/** A PUBLISH of QoS 1 with the identifier 65,535 is answered. */
async function expectAlive(connection: ScriptedConnection, level: 4 | 5): Promise<void> {
  connection.send(level === 5 ? "320700016 1ffff0078".replace(" ", "") : "3206000161ffff78");
  expect(await connection.next()).toBe("4002ffff");
}

async function play({ level, when, hex, answers, closes }: ScriptedCase): Promise<void> {
  const client = new SocketClient(broker.port, level);
  try {
    const connection = await broker.accept();
    if (when === "connack") expect(await connection.next()).toMatch(/^10/);
    else await begin(connection, level);
    if (when === "published 1" || when === "published 2") {
      // The client has read SUBACK when it answers this.
      await expectAlive(connection, level);
      client.publish(when === "published 1" ? 1 : 2);
      expect(await connection.next()).toMatch(/^3[24]..0001740002/);
    }
    connection.send(hex);
    for (const answer of answers ?? []) expect(await connection.next()).toBe(answer);
    if (closes === undefined) {
      await expectAlive(connection, level);
      return;
    }
    if (closes !== "silent") expect(await connection.next()).toBe(`e001${closes.toString(16)}`);
    expect(await connection.next()).toBe("end");
    const again = await broker.accept();
    await begin(again, level);
    await expectAlive(again, level);
  } finally {
    client.stop();
  }
}

describe("a scripted broker on a socket", () => {
  it.each(SCRIPTED_CASES.map((row) => [row.name, row] as const))("%s", (_name, row) => play(row));

  it("has no two cases of one name", () => {
    expect(new Set(SCRIPTED_CASES.map(({ name }) => name)).size).toBe(SCRIPTED_CASES.length);
  });
});
