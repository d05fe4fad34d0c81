/**
 * Mistakes put into the engine's source, one at a time, to prove that the simulation sees them. Each is a piece of source
 * text and what stands in its place; a piece that is not there exactly once is an error, so that the table follows the code.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { simulateAny } from "./any-seed.ts";

export interface Mutant {
  readonly name: string;
  /** From `src/mqtt` on. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** It must be seen within so many seeds. */
  readonly seeds: number;
}

const SEEDS = 200;

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
    file: "outbound.ts",
    from: "this.store?.write(messageKey(entry.token), writer.view());",
    to: "",
    seeds: SEEDS,
  },
  {
    name: "messages are sent again on a live connection",
    file: "exchange.ts",
    from: "if (this.isSending || !this.limits) return;",
    to: "if (this.isSending || !this.limits) return;\n    if (nowMs - (this.outboundTable.oldestSentMs ?? nowMs) > 500) this.outboundTable.handleClosed();",
    seeds: SEEDS,
  },
  {
    name: "a resent message has no DUP",
    file: "outbound.ts",
    from: "entry.dup ||= entry.state !== UNSENT;",
    to: "entry.dup = false;",
    seeds: SEEDS,
  },
  {
    name: "a new message has DUP",
    file: "outbound.ts",
    from: "state: UNSENT,\n    dup: false,",
    to: "state: UNSENT,\n    dup: true,",
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
    file: "outbound.ts",
    from: "if (released.includes(token)) entry.state = UNSENT_PUBREL;",
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
    from: "this.subscriptions.doubt();\n      this.exchange.doubt();",
    to: "this.exchange.doubt();",
    seeds: 5 * SEEDS,
  },
  {
    name: "the broker's receive maximum is not obeyed",
    file: "exchange.ts",
    from: "this.outboundTable.sentCount >= this.windowMax",
    to: "this.outboundTable.sentCount > 65_535",
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
    file: "keep-alive.ts",
    from: "if (sentMs === undefined) return Number.POSITIVE_INFINITY;",
    to: "if (sentMs !== 0) return Number.POSITIVE_INFINITY;",
    seeds: 2 * SEEDS,
  },
  {
    name: "PUBREL waits behind a message that the broker does not take yet",
    file: "exchange.ts",
    from: "released ?? this.outboundTable.first(UNSENT)",
    to: "this.outboundTable.first(UNSENT) ?? released",
    seeds: 5 * SEEDS,
  },
  {
    name: "a message that was sent may be dropped from the outbox",
    file: "outbound.ts",
    from: "return state === UNSENT && !dup;",
    to: "return state === UNSENT || (state === AWAITING_PUBACK && !dup);",
    seeds: SEEDS,
  },
  {
    name: "the outbox drops what its class does not allow",
    file: "optional/outbox-policies.ts",
    from: ' && one.policy !== "reject"',
    to: "",
    seeds: SEEDS,
  },
  {
    name: "what is dropped is not told",
    file: "outbound.ts",
    from: "this.tellDropped(entry.token, reason);",
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
    file: "exchange.ts",
    from: "if (!this.isSending) this.writeLater();",
    to: "this.writeLater();",
    seeds: 5 * SEEDS,
  },
  {
    name: "the identifier of a QoS 2 message that cannot be read again is forgotten at a reboot",
    file: "outbound.ts",
    from: "(qos === 2 || (qos === 1 && isDurable && payload instanceof Uint8Array))",
    to: "payload instanceof Uint8Array && (qos === 2 || isDurable)",
    seeds: 5 * SEEDS,
  },
  {
    name: "what the broker closes on is sent for ever",
    file: "suspects.ts",
    from: "return suspect !== undefined && nowMs < suspect.untilMs && bytes >= suspect.bytes;",
    to: "return false;",
    seeds: SEEDS,
  },
  {
    name: "what shares the window with what the broker closes on is given up, too",
    file: "exchange.ts",
    from: "if (count !== 1) return false;",
    to: "if (count === 0) return false;\n    if (nowMs >= 0) for (const entry of sent) for (let at = 0; at < 5; at += 1) this.suspects.accuse(entry.topic, 0, nowMs);",
    seeds: SEEDS,
  },
  {
    name: "nothing is sent alone, so that it is never found what the broker closes on",
    file: "exchange.ts",
    from: "return this.endings > HASTY_ENDINGS_MAX;",
    to: "return this.endings > HASTY_ENDINGS_MAX && this.endings < 0;",
    seeds: SEEDS,
  },
  {
    name: "PINGRESP is missed behind a large message",
    file: "keep-alive.ts",
    from: "Math.max(sentMs, this.receivedMs) + PINGRESP_TIMEOUT_MS",
    to: "sentMs + PINGRESP_TIMEOUT_MS",
    seeds: 8 * SEEDS,
  },
  {
    name: "another network is not tried by a ping",
    file: "session.ts",
    from: "if (this.isConnected) this.ping();",
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
];

/** The simulation with one mistake in it, or with none. */
export async function mutated(mutant?: Mutant): Promise<{ readonly simulateAny: typeof simulateAny }> {
  const folder = await mkdtemp(join(tmpdir(), "fieldpager-mutant-"));
  const path = mutant && fileURLToPath(new URL(`../../src/mqtt/${mutant.file}`, import.meta.url));
  const result = await build({
    entryPoints: [fileURLToPath(new URL("any-seed.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    // mqtt-packet is CommonJS and asks for modules of Node.
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
    return (await import(pathToFileURL(file).href)) as { readonly simulateAny: typeof simulateAny };
  } finally {
    await rm(folder, { recursive: true });
  }
}
