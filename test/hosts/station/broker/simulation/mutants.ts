/** Mistakes that the simulation has to see, each in one place of the broker. */
import { bundleWith, type Mutant } from "../../../../simulation/mutants.ts";
import type { simulateBroker } from "./simulate-broker.ts";

/** Within how many seeds a mistake is seen. */
const SEEDS = 60;

export const BROKER_MUTANTS: readonly Mutant[] = [
  {
    name: "PUBACK does not wait for the transaction",
    file: "receiving.ts",
    from: "const gate = writes.count === before ? 0 : writes.gate;",
    to: "const gate = 0;",
    seeds: SEEDS,
  },
  {
    name: "messages are delivered before they are on the store",
    file: "delivery.ts",
    from: "Math.max(gate, message.gate),",
    to: "0,",
    seeds: 5 * SEEDS,
  },
  {
    name: "PUBREL does not wait for the transaction",
    file: "session.ts",
    from: "    entry.gate = this.gate;\n",
    to: "",
    seeds: 10 * SEEDS,
  },
  {
    name: "PUBCOMP does not wait for the transaction",
    file: "receiving.ts",
    from: "reasonCode }, session.gate, true);",
    to: "reasonCode }, 0, true);",
    seeds: 10 * SEEDS,
  },
  {
    name: "CONNACK does not wait for its session",
    file: "connecting.ts",
    from: "const gate = core.writes.count === before ? session.gate : core.writes.gate;",
    to: "const gate = 0;",
    seeds: 10 * SEEDS,
  },
  {
    name: "SUBACK does not wait for the transaction",
    file: "subscribing.ts",
    from: 'const gate = core.writes.count === before ? 0 : core.writes.gate;\n  connection.send({ cmd: "suback"',
    to: 'const gate = 0;\n  connection.send({ cmd: "suback"',
    seeds: 10 * SEEDS,
  },
  {
    name: "identifiers of QoS 2 are not on the store",
    file: "session.ts",
    from: "this.#put(inboundKey(this.number, packetIdentifier), encodeInbound());",
    to: "",
    seeds: SEEDS,
  },
  {
    name: "a message of QoS 2 that comes again is another one",
    file: "receiving.ts",
    from: "qos === 2 && session.inbound.has(messageId)",
    to: "false",
    seeds: SEEDS,
  },
  {
    name: "what was in flight is sent again without DUP",
    file: "queue.ts",
    from: "for (const entry of this.#sent) entry.isDup = true;",
    to: "",
    seeds: SEEDS,
  },
  {
    name: "what was in flight when the power failed is sent without DUP",
    file: "restore.ts",
    from: "isDup: session.queue.length < sent,",
    to: "isDup: false,",
    seeds: SEEDS,
  },
  {
    name: "the state of a PUBREC is not on the store",
    file: "session.ts",
    from: "message?.release(this.#core);\n    this.#writeEntry(entry);\n    entry.gate",
    to: "entry.gate",
    seeds: 5 * SEEDS,
  },
  {
    name: "what is acknowledged stays on the store",
    file: "session.ts",
    from: "this.#put(entryKey(this.number, entry.sequence), undefined);",
    to: "",
    seeds: SEEDS,
  },
  {
    name: "a message goes with the first queue that is done with it",
    file: "message.ts",
    from: "if (this.#references > 0) return;\n    core.keptBytes -= this.bytes;",
    to: "core.keptBytes -= this.bytes;",
    seeds: SEEDS,
  },
  {
    name: "the store is not read in order",
    file: "restore.ts",
    from: "(a.name < b.name ? -1 : 1)",
    to: "(a.name < b.name ? 1 : -1)",
    seeds: 5 * SEEDS,
  },
  {
    name: "a refused transaction is forgotten",
    file: "writes.ts",
    from: "this.#open = refused;",
    to: "this.#committed = this.#number - 1;",
    seeds: 5 * SEEDS,
  },
  {
    name: "messages are accepted while the store refuses",
    file: "broker.ts",
    from: "core.writes.handleRefused();",
    to: "core.writes.handleCommitted();",
    seeds: 5 * SEEDS,
  },
  {
    name: "the receive maximum of the client is ignored",
    file: "connecting.ts",
    from: "Math.min(inflightMax, properties.receiveMaximum ?? inflightMax)",
    to: "inflightMax",
    seeds: SEEDS,
  },
  {
    name: "a topic alias is taken for known before it was sent",
    file: "delivery.ts",
    from: 'topic: known ? "" : topic,',
    to: 'topic: topicAlias ? "" : topic,',
    seeds: SEEDS,
  },
  {
    name: "overlapping subscriptions give the QoS of the last",
    file: "router.ts",
    from: "match.qos = Math.max(match.qos, qos) as QoS;",
    to: "match.qos = qos;",
    seeds: SEEDS,
  },
  {
    name: "a retained message is not on the store",
    file: "retained.ts",
    from: "this.#core.writes.put(retainedKey(message.topic), encodeRetained(message.number));",
    to: "",
    seeds: 5 * SEEDS,
  },
  {
    name: "an identifier that is in use is given again",
    file: "queue.ts",
    from: "while (this.#entries.has(identifierOf(this.#sequence))) this.#sequence += 1;",
    to: "this.#sequence %= 7;",
    seeds: SEEDS,
  },
  {
    name: "a will is not on the store",
    file: "session.ts",
    from: "if (will || hadWill) this.#write(willKey(this.clientIdentifier), will && encodeWill(will));",
    to: "void hadWill;",
    seeds: 5 * SEEDS,
  },
  {
    name: "a will is published although its client is back",
    file: "session.ts",
    from: "this.willDueMs = Number.POSITIVE_INFINITY;\n    // A will",
    to: "// A will",
    seeds: 5 * SEEDS,
  },
  {
    name: "a shared message goes to the whole group",
    file: "subscription-table.ts",
    from: "const chosen = group.next();\n      if (chosen) visit",
    to: "for (const chosen of group.members.values()) visit",
    seeds: SEEDS,
  },
];

export function mutatedBroker(mutant?: Mutant): Promise<{ readonly simulateBroker: typeof simulateBroker }> {
  const root = new URL("../../../../../hosts/station/broker/", import.meta.url);
  return bundleWith(new URL("simulate-broker.ts", import.meta.url), root, mutant);
}
