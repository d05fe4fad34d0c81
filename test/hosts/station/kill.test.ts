/** A station is killed with SIGKILL in the middle of its work. Every acknowledged push is delivered once. */
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { FileStore } from "../../../hosts/common/file-store.ts";
import { LOCAL_KEY_FILE, readLocalKey } from "../../../hosts/common/local-key.ts";
import { encodeText } from "../../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../../src/payload/message.ts";
import { getPush, knowStation, postPush, runsOf, StationBench, statusesOf, until } from "./harness.ts";
import { WebReceiver } from "./outgoing/web-receiver.ts";

const PUSHES = 50;
const SCRIPT = "hosts/station/cli/fieldpager.ts station";

it.each([10, 25, 40])("loses nothing acknowledged when it is killed after %i of 50", async (killAfter) => {
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  const data = bench.folder();
  const station = bench.program(SCRIPT, ["--data", data, "--mqtt-port", "0", "--http-port", "0", "--anonymous"]);
  const [, mqttPort, url] = await station.prints(/MQTT on port (\d+) .* (http:\/\/\S+:\d+)\//);
  knowStation(url as string, readLocalKey(join(data, LOCAL_KEY_FILE)) ?? "");
  const pager = bench.pager(Number(mqttPort), "pager-1", {
    store: new FileStore(bench.folder()),
    settings: { "screen.dwell": 0 },
  });
  await until("online", () => pager.screens.at(-1)?.[0]?.includes("online"));

  // Even numbers are sent over HTTP, odd ones over MQTT, all at the same time.
  const sender = await bench.mqtt(Number(mqttPort));
  sender.on("error", () => {});
  const acknowledged = new Map<string, string | undefined>();
  let killed: Promise<unknown> | undefined;
  const send = async (index: number) => {
    const text = `push-${index}.`;
    try {
      if (index % 2 === 0) {
        const { status, answer } = await postPush(url as string, { to: "pager-1", text });
        if (status === 202) acknowledged.set(text, answer.id);
      } else {
        const message = encodeMessage({
          timestampSeconds: Math.floor(Date.now() / 1000),
          imType: IM_TYPE.pointToPoint,
          contents: [encodeText(text, { id: `mqtt-${index}` })],
          sender: "tester",
        });
        await sender.publishAsync("/field/im/pager-1", Buffer.from(message), { qos: 1 });
        acknowledged.set(text, undefined);
      }
    } catch {
      // The push was not acknowledged, so nothing was promised.
    }
    if (acknowledged.size >= killAfter) killed ??= station.kill("SIGKILL");
  };
  for (let index = 0; index < PUSHES; index += 1) void send(index);
  await until("the kill", () => killed);
  await killed;
  sender.end(true);
  const promised = new Map(acknowledged);
  expect(promised.size).toBeGreaterThanOrEqual(killAfter);

  const port = new URL(url as string).port;
  const again = bench.program(SCRIPT, [
    "--data",
    data,
    "--mqtt-port",
    String(mqttPort),
    "--http-port",
    port,
    "--anonymous",
  ]);
  await again.prints(/MQTT on port/);
  const runs = () => runsOf(pager.screens, /push-\d+\./);
  for (const [text, id] of promised) {
    await until(`${text} on the screen`, () => runs().has(text));
    if (id !== undefined)
      await until(`${text} told as shown`, async () => statusesOf(await getPush(url as string, id)).includes("shown"));
  }
  for (const [text, count] of runs()) expect(count, `${text} shown once`).toBe(1);
  expect((await again.kill("SIGTERM")).status).toBe(0);
});

it("tells a webhook what it has missed, also after a kill right behind the receipt", async () => {
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  const there = new WebReceiver();
  await there.listen();
  await there.close();
  const data = bench.folder();
  const flags = ["--data", data, "--mqtt-port", "0", "--http-port", "0", "--hook-network", "127.0.0.1"];
  const first = bench.program(SCRIPT, flags);
  const [, token = "", url = ""] = await first.prints(/Token\s+(\S+)[\s\S]*console at (http:\/\/\S+:\d+)\//);
  const send = (method: string, path: string, body?: object) =>
    fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  expect((await send("POST", "/api/webhooks", { url: there.url })).status).toBe(201);
  const { id } = (await (await send("POST", "/api/push", { to: "pager-1", text: "x" })).json()) as { id: string };
  expect((await send("DELETE", `/api/pushes/${id}`)).status).toBe(204);
  await first.kill("SIGKILL");
  await there.listen();
  onTestFinished(() => there.close());
  bench.program(SCRIPT, flags);
  await until("the event", () => there.requests.length > 0);
  expect(there.requests.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: "push.dropped", data: { push: id, device: "pager-1" } },
  ]);
});
