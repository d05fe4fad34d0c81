/** A backup that is made while the station works. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Push } from "../../../../hosts/station/shared/push.ts";
import { BackupError, backUp, restore } from "../../../../hosts/station/store/backup.ts";
import { ask, postPush, StationBench, startStation, until } from "../harness.ts";
import { RawClient } from "../raw-client.ts";

const TOPIC = "/field/im/away";
const bench = new StationBench();
afterEach(() => bench.end());

async function connect(port: number, clientId: string): Promise<RawClient> {
  const client = new RawClient(port);
  bench.add(() => client.cut());
  await client.connect(clientId);
  return client;
}

async function textOf(url: string, id: string): Promise<string> {
  return ((await (await ask(url, `/api/pushes/${id}`)).json()) as Push).text;
}

/** The newest pushes of the history. There may be more. */
async function newestOf(url: string): Promise<Map<string, string>> {
  const { pushes } = (await (await ask(url, "/api/pushes?limit=200")).json()) as { pushes: Push[] };
  return new Map(pushes.map(({ id, text }) => [id, text]));
}

/** Runs the command as a process of its own, as a user does. */
async function command(name: "backup" | "restore", ...args: string[]): Promise<string> {
  const program = bench.program("hosts/station/cli/fieldpager.ts", [name, ...args]);
  const { status } = await program.ended;
  return `${status} ${program.stdout}${program.stderr}`;
}

it("taken under load restores to the same accounts, directory, history and waiting messages", async () => {
  const data = bench.folder();
  const station = await startStation({ data });
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await station.close();
    isClosed = true;
  };
  bench.add(close);
  await station.directory.addDevice({ uid: "pager-7", label: "seven" });
  const { password } = await station.accounts.create({ name: "script", kind: "program" });
  mkdirSync(join(data, "images"), { recursive: true });
  writeFileSync(join(data, "images", "image.bin"), "firmware");
  const away = await connect(station.mqttPort, "away");
  await away.subscribe(TOPIC);
  await away.cut();
  const sender = await bench.mqtt(station.mqttPort);
  const before = new Map<string, string>();
  const all = new Map<string, string>();
  const published: string[] = [];
  let isDone = false;
  const load = (async () => {
    for (let number = 0; !isDone; number += 1) {
      const text = `number ${number}`;
      const { status, answer } = await postPush(station.url, { to: "pager-7", text });
      expect(status).toBe(202);
      all.set(answer.id ?? "", text);
      await sender.publishAsync(TOPIC, text, { qos: 1 });
      published.push(text);
    }
  })();
  await until("some pushes", () => all.size > 20);
  for (const [id, text] of all) before.set(id, text);
  const publishedBefore = published.length;
  const file = join(bench.folder(), "it's a backup");
  expect(await command("backup", file, "--data", data)).toContain("0 ");
  isDone = true;
  await load;
  expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
  await close();

  const folder = join(bench.folder(), "new");
  expect(await command("restore", file, "--data", folder)).toContain("start the station");
  const again = await startStation({ data: folder });
  bench.add(() => again.close());
  for (const [id, text] of before) expect(await textOf(again.url, id)).toBe(text);
  const history = await newestOf(again.url);
  expect([...history].filter(([id, text]) => all.get(id) !== text)).toEqual([]);
  expect(again.directory.device("pager-7")).toMatchObject({ label: "seven" });
  expect(again.accounts.get("script")).toBeDefined();
  await bench.mqtt(again.mqttPort, { clientId: "script", username: "script", password });
  const back = await connect(again.mqttPort, "away");
  await until("what waited", () => back.texts.length >= publishedBefore);
  await back.settle();
  expect(back.texts).toEqual(published.slice(0, back.texts.length));
  expect(readFileSync(join(folder, "images", "image.bin"), "utf8")).toBe("firmware");
  expect((await postPush(again.url, { to: "pager-7", text: "on" })).status).toBe(202);
});

it("writes over nothing, and takes nothing for a backup that is none", async () => {
  const data = bench.folder();
  await (await startStation({ data })).close();
  const file = join(bench.folder(), "backup");
  expect(() => backUp(bench.folder(), file)).toThrow(BackupError);
  backUp(data, file);
  expect(() => backUp(data, file)).toThrow(`${file} is there already`);
  expect(() => restore(file, data)).toThrow("already: choose another folder");
  expect(() => restore(join(data, "none"), bench.folder())).toThrow("is not there");
  expect(() => restore(join(data, "station.db"), bench.folder())).toThrow("is no backup of a station");
});
