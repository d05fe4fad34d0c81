/**
 * Mistakes that are put into the engine's source, one at a time, to prove that the simulation finds them. Each replaces a piece of
 * source text. The piece must be there exactly once. So the table follows the code.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type * as Simulations from "./any-seed.ts";

export interface Mutant {
  readonly name: string;
  /** Path from `src/mqtt` on. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The simulation must find it within so many seeds. */
  readonly seeds: number;
  /** Which one. Default: `simulateAny`. */
  readonly by?: keyof typeof Simulations;
}

const SEEDS = 200;
const PICTURE_SEEDS = 100;

export const MUTANTS: readonly Mutant[] = [
  {
    name: "a QoS 2 message that was taken is not recognised when it comes again",
    file: "inbound.ts",
    from: "if (!this.released.includes(packetIdentifier)) return false;\n    if (!dup",
    to: "return false;\n    if (!dup",
    seeds: SEEDS,
  },
  {
    name: "a message is acknowledged before the application has stored it",
    file: "inbound.ts",
    from: "receivedMs, reasonCode: undefined,",
    to: "receivedMs, reasonCode: 0,",
    seeds: SEEDS,
  },
  {
    name: "a durable message is sent and not stored",
    file: "optional/outbox-store.ts",
    from: "this.store.write(messageKey(entry.token), writer.view());",
    to: "",
    seeds: SEEDS,
  },
  {
    name: "messages are sent again on a live connection",
    file: "exchange.ts",
    from: "if (this.sender.isSending || !this.writer.limits) return;",
    to: "if (this.sender.isSending || !this.writer.limits) return;\n    if (nowMs - (this.outbound.oldestSentMs ?? nowMs) > 500) this.outbound.handleClosed();",
    seeds: SEEDS,
  },
  {
    name: "a resent message has no DUP",
    file: "outbound.ts",
    from: 'else if ("sentMs" in stage) entry.stage = AGAIN;',
    to: 'else if ("sentMs" in stage) entry.stage = NEW;',
    seeds: SEEDS,
  },
  {
    name: "a new message has DUP",
    file: "outbound.ts",
    from: "bytes,\n      stage: NEW,",
    to: "bytes,\n      stage: AGAIN,",
    seeds: SEEDS,
  },
  {
    name: "an identifier in use is given to another message",
    file: "outbound.ts",
    from: "while (this.lastIdentifier === this.reservedIdentifier || this.find(this.lastIdentifier));",
    to: "while (((this.lastIdentifier &= 3), this.lastIdentifier === 0));",
    seeds: SEEDS,
  },
  {
    name: "QoS 2 identifiers of messages that were taken are forgotten at a reboot",
    file: "inbound.ts",
    from: "(store && readRecord(store, KEY)) ?? new Uint8Array()",
    to: "new Uint8Array()",
    seeds: 2 * SEEDS,
  },
  {
    name: "PUBREC is forgotten at a reboot",
    file: "optional/outbox-store.ts",
    from: 'if (released.includes(token) && entry.stage.is === UNSENT) entry.stage = { is: UNSENT_PUBREL, reason: "" };',
    to: "",
    seeds: 5 * SEEDS,
  },
  {
    name: "no SUBSCRIBE after the broker has lost the session",
    file: "subscriptions.ts",
    from: "if (!sessionPresent) this.held = [];",
    to: "",
    seeds: SEEDS,
  },
  {
    name: "no SUBSCRIBE after a CONNACK that was lost on the way",
    file: "session.ts",
    from: "this.subscriptions.doubt();\n      this.exchange.inbound.doubt();",
    to: "this.exchange.inbound.doubt();",
    seeds: 5 * SEEDS,
  },
  {
    name: "the broker's receive maximum is not obeyed",
    file: "sender.ts",
    from: "return this.table.sentCount >= ",
    to: "return this.table.sentCount > 65_535 + ",
    seeds: SEEDS,
  },
  {
    name: "topic aliases outlast the connection",
    file: "topic-alias.ts",
    from: "this.topics.length = 0;\n    this.limit",
    to: "this.limit",
    seeds: SEEDS,
  },
  {
    name: "a topic alias in a message that is skipped is not learned",
    file: "topic-alias.ts",
    from: "if (properties) return this.resolve({ topic, properties });",
    to: "if (properties) return topic;",
    seeds: 3 * SEEDS,
  },
  {
    name: "answers leave in the order of the application",
    file: "inbound.ts",
    from: "const entry = this.untaken[0];\n    if (entry?.reasonCode === undefined) return undefined;\n    this.untaken.shift();",
    to: "const at = this.untaken.findIndex((one) => one.reasonCode !== undefined);\n    const entry = this.untaken.splice(at, at < 0 ? 0 : 1)[0];\n    if (entry?.reasonCode === undefined) return undefined;",
    seeds: SEEDS,
  },
  {
    name: "a missing PINGRESP is not noticed",
    file: "../connection/keep-alive.ts",
    from: "if (sentMs === undefined) return Number.POSITIVE_INFINITY;",
    to: "if (sentMs !== 0) return Number.POSITIVE_INFINITY;",
    seeds: 2 * SEEDS,
  },
  {
    name: "PUBREL waits behind a message that the broker does not take yet",
    file: "sender.ts",
    from: "const released = this.table.first(UNSENT_PUBREL);",
    to: "const released = this.table.first(UNSENT) ? undefined : this.table.first(UNSENT_PUBREL);",
    seeds: 5 * SEEDS,
  },
  {
    name: "a message that was sent may be dropped from the outbox",
    file: "outbound.ts",
    from: "return stage === NEW;",
    to: "return stage === NEW || stage.is === AWAITING_PUBACK;",
    seeds: SEEDS,
  },
  {
    name: "the outbox drops what its class does not allow",
    file: "optional/outbox-policies.ts",
    from: ' && (one.policy ?? "reject") !== "reject"',
    to: "",
    seeds: SEEDS,
  },
  {
    name: "what is dropped is not told",
    file: "outbound.ts",
    from: 'this.tell({ type: "dropped", token: entry.token, reason });',
    to: "",
    seeds: SEEDS,
  },
  {
    name: "the outbox counts no bytes",
    file: "optional/outbox-policies.ts",
    from: "OUTBOX_MESSAGES_MAX && bytes <= OUTBOX_BYTES_MAX",
    to: "OUTBOX_MESSAGES_MAX",
    seeds: 5 * SEEDS,
  },
  {
    name: "answers are written into a message that is on its way in part",
    file: "write-queue.ts",
    from: "packet && !this.sender.isSending;",
    to: "packet;",
    seeds: 5 * SEEDS,
  },
  {
    name: "the identifier of a QoS 2 message that cannot be read again is forgotten at a reboot",
    file: "optional/outbox-store.ts",
    from: "!(entry.qos === 2 || (",
    to: "!((entry.qos === 2 && entry.payload instanceof Uint8Array) || (",
    seeds: 5 * SEEDS,
  },
  {
    name: "what the broker closes on is sent for ever",
    file: "suspects.ts",
    from: "return suspect !== undefined && nowMs < suspect.untilMs;",
    to: "return suspect !== undefined && nowMs < 0;",
    seeds: SEEDS,
  },
  {
    name: "what shares the window with what the broker closes on is given up, too",
    file: "trial.ts",
    from: "else suspects.suspect(candidates);",
    to: "else for (const { name } of candidates) for (let at = 0; at < 5; at += 1) suspects.convict(name, 0, nowMs);",
    seeds: SEEDS,
  },
  {
    name: "nothing is sent alone, so that it is never found what the broker closes on",
    file: "suspects.ts",
    from: "suspect !== undefined && suspect.endings >= HASTY_ENDINGS_MAX",
    to: "suspect !== undefined && suspect.endings >= 1_000",
    seeds: SEEDS,
  },
  {
    name: "a message is given up because a larger one on its topic was",
    file: "suspects.ts",
    from: "const suspect = this.find(name, bytes);\n    return suspect !== undefined && nowMs < suspect.untilMs;",
    to: "const suspect = this.find(name, Number.POSITIVE_INFINITY);\n    return suspect !== undefined && nowMs < suspect.untilMs;",
    seeds: 10 * SEEDS,
  },
  {
    name: "a connection that ends before a trial counts against the suspect",
    file: "suspects.ts",
    from: "if (suspect.endings > HASTY_ENDINGS_MAX && suspect.untilMs === 0) this.count(suspect, suspect.endings - 1);",
    to: "if (suspect.endings >= HASTY_ENDINGS_MAX) this.count(suspect, suspect.endings + 1);\n      if (suspect.endings >= ENDINGS_MAX) suspect.untilMs = Number.POSITIVE_INFINITY;",
    seeds: 5 * SEEDS,
  },
  {
    name: "bytes are handed in that the gateway has no room for",
    file: "../../hosts/runner.ts",
    from: "if (canReceive === this.isReading || !this.transport) return;",
    to: "if (!this.transport || this.isReading) return;",
    seeds: 5 * SEEDS,
  },
  {
    name: "PINGRESP is missed behind a large message",
    file: "../connection/keep-alive.ts",
    from: "Math.max(sentMs, this.receivedMs) + PINGRESP_TIMEOUT_MS",
    to: "sentMs + PINGRESP_TIMEOUT_MS",
    seeds: 8 * SEEDS,
  },
  {
    name: "another network is not tried by a ping",
    file: "session.ts",
    from: "if (this.isConnected) this.waits.ping(nowMs);",
    to: "",
    seeds: SEEDS,
  },
  {
    name: "what the settings do not name any more stays subscribed",
    file: "subscriptions.ts",
    from: "this.isOpen(held) && !this.wanted.some((one) => isSame(one, held))",
    to: "this.isOpen(held) && this.wanted.length === 0",
    seeds: SEEDS,
  },
  {
    name: "every jump of the clock is believed",
    file: "../gateway/clock.ts",
    from: "this.offset === undefined || isNear(offset, this.offset)",
    to: "true",
    seeds: 2 * SEEDS,
  },
  {
    name: "a message that came before the clock was set is dated in 1970",
    file: "../pager/inbox-ledger.ts",
    from: "Math.floor(nowSeconds + index.expires(row) - uptimeSeconds)",
    to: "Math.floor(index.expires(row))",
    seeds: 5 * SEEDS,
  },
  {
    name: "that a message was shown is not recorded",
    file: "../pager/inbox-ledger.ts",
    from: "this.store.write(stateKey(sequence), encodeState(this.index.state(this.index.find(sequence))));",
    to: "",
    seeds: 2 * SEEDS,
  },
  {
    name: "a record that cannot be written counts as stored",
    file: "../gateway/message-route.ts",
    from: "if (outcome === undefined) return false;",
    to: "if (outcome === undefined) return true;",
    seeds: 5 * SEEDS,
  },
  {
    name: "a message that came twice is another one",
    file: "../pager/inbox.ts",
    from: 'if (this.has(message)) return "duplicate";',
    to: "",
    seeds: 5 * SEEDS,
  },
  {
    name: "a piece of a picture is taken whatever was asked for",
    file: "../gateway/message-pictures.ts",
    from: 'if (this.state !== "sent" || numberOfReply(payload) !== this.number) return true;',
    to: "",
    seeds: PICTURE_SEEDS,
    by: "simulatePictures",
  },
  {
    name: "the picture of another message is drawn",
    file: "../gateway/message-pictures.ts",
    from: 'if (store.name !== this.name || this.name === "") return;',
    to: 'if (this.name === "") return;',
    seeds: PICTURE_SEEDS,
    by: "simulatePictures",
  },
  {
    name: "that there is no picture is forgotten",
    file: "../gateway/message-pictures.ts",
    from: "this.failures.push(this.name + words);",
    to: "",
    seeds: PICTURE_SEEDS,
    by: "simulatePictures",
  },
  {
    name: "an answer that was lost is waited for for ever",
    file: "../gateway/message-pictures.ts",
    from: "this.pause(this.retryMs);\n    this.retryMs",
    to: "this.retryMs",
    seeds: PICTURE_SEEDS,
    by: "simulatePictures",
  },
  {
    name: "the pieces of a picture are not found after a restart",
    file: "../pager/picture-store.ts",
    from: "this.count += 1;\n    }\n  }",
    to: "}\n  }",
    seeds: PICTURE_SEEDS,
    by: "simulatePictures",
  },
  {
    name: "pictures do not leave for messages",
    file: "../gateway/yielding-store.ts",
    from: "if (!this.pictures.clear() && !this.runs.makeRoom()) throw error;",
    to: "throw error;",
    seeds: PICTURE_SEEDS,
    by: "simulatePictures",
  },
  {
    name: "a picture of text is taken whatever was asked for",
    file: "../gateway/text-pictures.ts",
    from: 'if (this.state !== "sent" || reply.head.number !== this.number) return true;',
    to: "if (!this.request) return true;",
    seeds: PICTURE_SEEDS,
    by: "simulatePictures",
  },
  {
    name: "a picture of text is drawn as it came",
    file: "../gateway/text-pictures.ts",
    from: "checkPicture(payload, start, end, rowsAbove(sizePixels) + rowsBelow(sizePixels), this.widthMax);",
    to: "",
    seeds: PICTURE_SEEDS,
    by: "simulatePictures",
  },
  {
    name: "pictures of text are not found after a restart",
    file: "../pager/run-store.ts",
    from: "else this.append(hash, (advance << 8) | roomOf(record.length));",
    to: "",
    seeds: PICTURE_SEEDS,
    by: "simulatePictures",
  },
];

/** The simulations with one mistake, or with none. */
export function mutated(mutant?: Mutant): Promise<typeof Simulations> {
  const entry = new URL("any-seed.ts", import.meta.url);
  return bundleWith(entry, new URL("../../src/mqtt/", import.meta.url), mutant);
}

/** What a file exports, with one mistake in the files that it imports, or with none. @param root the folder of the mutant's file */
export async function bundleWith<Exports>(entry: URL, root: URL, mutant?: Mutant): Promise<Exports> {
  const folder = await mkdtemp(join(tmpdir(), "fieldpager-mutant-"));
  const path = mutant && fileURLToPath(new URL(mutant.file, root));
  const result = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    // mqtt-packet is CommonJS and requires modules of Node.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire("/");' },
    plugins: [
      {
        name: "mutant",
        setup(build) {
          build.onLoad({ filter: /\.ts$/ }, (args) => {
            if (!mutant || args.path !== path) return undefined;
            const source = readFileSync(args.path, "utf8");
            const parts = source.split(mutant.from);
            if (parts.length !== 2)
              throw new Error(`${mutant.file}: "${mutant.from}" stands there ${parts.length - 1} times`);
            return { contents: parts.join(mutant.to), loader: "ts" };
          });
        },
      },
    ],
  });
  const file = join(folder, "simulation.mjs");
  await writeFile(file, result.outputFiles[0]?.contents ?? new Uint8Array());
  try {
    return (await import(pathToFileURL(file).href)) as Exports;
  } finally {
    await rm(folder, { recursive: true });
  }
}
