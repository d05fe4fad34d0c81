/** `npm run picture`: pushes a message to the simulated pager and writes a picture of its screen for the README. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Aedes } from "aedes";
import { Refusal, ROOT, runCommand } from "../../moddable/tools/command.ts";
import { findSdk } from "../../moddable/tools/sdk.ts";
import { buildLauncher, buildProgram } from "./build.ts";
import { LaunchedSimulator } from "./launched.ts";
import { encodePng } from "./picture.ts";

const PICTURE = join(ROOT, "hosts", "simulator", "screen.png");
const UID = "pager-1";
const TIMEOUT_MS = 20_000;

/** The message in the picture. */
const PUSH = {
  sender: "station",
  content: {
    id: "picture",
    ti: "Pump 3",
    co: "Bearing too hot and rising. Standby pump has started. Please inspect before noon.",
    pr: 4,
  },
};

await runCommand(async (args) => {
  if (args.length) throw new Refusal("picture takes no arguments");
  const sdk = findSdk();
  const launcher = await buildLauncher(sdk);
  const program = await buildProgram(sdk);
  const folder = mkdtempSync(join(tmpdir(), "fieldpager-picture-"));
  const broker = await startBroker();
  const settings = { uid: UID, "broker.port": broker.port };
  const simulator = new LaunchedSimulator({ launcher, program, folder, settings, timeoutSeconds: 60 });
  try {
    await broker.subscribed(`/field/im/${UID}`);
    broker.publish(`/field/im/${UID}`, encodePush());
    await broker.receipt("shown");
    writeFileSync(PICTURE, encodePng(await simulator.picture()));
    const status = await simulator.stop();
    if (status !== 0) throw new Error(`the simulator ended with status ${status}`);
  } finally {
    await simulator.kill();
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${relative(process.cwd(), PICTURE)}\n`);
  return 0;
});

/** An instant message of IM Type 3 with one text content (wire format, tables 5 and 8). */
function encodePush(): Buffer {
  const content = Buffer.from(JSON.stringify(PUSH.content));
  const head = Buffer.alloc(10);
  head.writeUInt32BE(Math.floor(Date.now() / 1_000), 0);
  head.set([0x31, 0], 4);
  head.writeUInt32BE(content.length, 6);
  return Buffer.concat([head, content, Buffer.from(PUSH.sender)]);
}

/** Starts a broker on a free port, in this process. */
async function startBroker() {
  const aedes = await Aedes.createBroker();
  const server = createServer(aedes.handle);
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const topics = new Set<string>();
  const payloads: string[] = [];
  aedes.on("subscribe", (subscriptions) => {
    for (const { topic } of subscriptions) topics.add(topic);
  });
  aedes.on("publish", (packet) => {
    payloads.push(packet.payload.toString());
  });
  return {
    port: (server.address() as { port: number }).port,
    publish: (topic: string, payload: Buffer) =>
      aedes.publish({ cmd: "publish", topic, payload, qos: 1, retain: false, dup: false }, () => {}),
    subscribed: (topic: string) => until(() => topics.has(topic), `nobody subscribed to ${topic}`),
    /** Waits for a receipt with this state. */
    receipt: (state: string) =>
      until(() => payloads.some((text) => text.includes(`"st":"${state}"`)), `no receipt says ${state}`),
    close: () => new Promise<void>((resolve) => aedes.close(() => server.close(() => resolve()))),
  };
}

async function until(test: () => boolean, problem: string): Promise<void> {
  for (const deadline = Date.now() + TIMEOUT_MS; !test(); ) {
    if (Date.now() > deadline) throw new Error(problem);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
