/** Each probe asks a broker one question. The expected answers stand in `capabilities.ts`. */
import type { IConnectPacket } from "mqtt-packet";
import type { Broker } from "./broker.ts";
import { ProbeClient } from "./probe-client.ts";

/** Names at a broker that no other probe uses. */
export interface Place {
  readonly broker: Broker;
  /** The first levels of the probe's topics, without a slash at the end. */
  readonly topic: string;
  /** The probe's client identifiers begin with this. */
  readonly client: string;
}

/** How many messages wait for a client that is away. */
const BACKLOG = 100;
const MEGABYTE = 1_000_000;
/** How long to wait for a will that a broker may leave out, in milliseconds. */
const WILL_TIMEOUT_MS = 1_000;

/** The questions of MQTT 3.1.1, and what a broker says to MQTT 5. */
export const PROBES = Object.freeze({
  mqtt5,
  qos2Publish,
  qos2Granted,
  retainedByTopic: (place: Place) => retainedBy(place, `${place.topic}/kept/one`),
  retainedByPlus: (place: Place) => retainedBy(place, `${place.topic}/kept/+`),
  retainedByHash: (place: Place) => retainedBy(place, `${place.topic}/#`),
  dotInTopic: (place: Place) => characterInTopic(place, "."),
  spaceInTopic: (place: Place) => characterInTopic(place, " "),
  umlautInTopic: (place: Place) => characterInTopic(place, "\u00fc"),
  backlogOrder,
  liveMessage,
  redelivery,
  will,
  takeover,
  megabyte,
});

/** What becomes of a CONNECT of MQTT 5. */
async function mqtt5({ broker, client }: Place): Promise<string> {
  const probe = new ProbeClient(broker, 5);
  const connack = await probe.connect({ clientId: client });
  probe.cut();
  if (connack === "closed") return "closed";
  const code = connack.reasonCode ?? connack.returnCode ?? 0;
  return code === 0 ? "accepted" : `refused with ${code}`;
}

/** What answers a PUBLISH of QoS 2. */
async function qos2Publish({ broker, topic, client }: Place): Promise<string> {
  const probe = await ProbeClient.open(broker, { clientId: client });
  probe.send({ cmd: "publish", topic: `${topic}/two`, payload: "2", qos: 2, messageId: 2, dup: false, retain: false });
  const first = await Promise.race([probe.answer("pubrec"), probe.answer("puback")]);
  probe.cut();
  return first === "closed" ? "closed" : first.cmd;
}

/** Which QoS is granted when QoS 2 is asked for. */
async function qos2Granted({ broker, topic, client }: Place): Promise<number | "closed"> {
  const probe = await ProbeClient.open(broker, { clientId: client });
  const granted = await probe.subscribe(`${topic}/two`, 2);
  probe.cut();
  return granted;
}

/** Whether a retained message reaches a client that subscribes to this filter later. */
async function retainedBy({ broker, topic, client }: Place, filter: string): Promise<boolean> {
  const probe = await ProbeClient.open(broker, { clientId: client });
  await probe.publish(`${topic}/kept/one`, "kept", { retain: true });
  await probe.subscribe(filter, 1);
  await probe.publish(`${topic}/kept/one`, "fence");
  const messages = await probe.messagesUntil("fence");
  await probe.publish(`${topic}/kept/one`, "", { retain: true });
  await probe.close();
  return messages !== "closed" && messages.some(({ retain }) => retain);
}

/** What becomes of a topic that contains this character. */
async function characterInTopic({ broker, topic, client }: Place, character: string): Promise<string> {
  const probe = await ProbeClient.open(broker, { clientId: client });
  await probe.subscribe(`${topic}/#`, 1);
  const sent = `${topic}/a${character}b`;
  await probe.publish(sent, "odd");
  await probe.publish(`${topic}/end`, "fence");
  const messages = await probe.messagesUntil("fence");
  probe.cut();
  if (messages === "closed") return "closed";
  const [odd] = messages;
  if (!odd) return "lost";
  return odd.topic === sent ? "kept" : odd.topic.slice(topic.length + 1);
}

/** Whether messages to a client that was away come in the order in which they were sent. */
async function backlogOrder(place: Place): Promise<string> {
  const { back, end } = await withBacklog(place);
  const last = await back.answer("publish", () => countOf(back) === BACKLOG).catch(() => undefined);
  const received = messagesOf(back).map(({ payload }) => Number(payload));
  end();
  if (!last) return `${received.length} of ${BACKLOG}`;
  return received.every((number, index) => number === index) ? "kept" : "mixed";
}

/** Whether a message to a client that is back comes after those that were sent while it was away. */
async function liveMessage(place: Place): Promise<string> {
  const { back, sender, end } = await withBacklog(place);
  await sender.publish(`${place.topic}/backlog`, "live");
  const before = await back.messagesUntil("live");
  end();
  return before.length === BACKLOG ? "after the backlog" : "overtakes the backlog";
}

/** A client that was away and is back, and another one that sent to it meanwhile. */
async function withBacklog({ broker, topic, client }: Place) {
  const session: Partial<IConnectPacket> = { clientId: client, clean: false };
  const away = await ProbeClient.open(broker, session);
  await away.subscribe(`${topic}/backlog`, 1);
  await away.close();
  const sender = await ProbeClient.open(broker, { clientId: `${client}-sender` });
  for (let number = 0; number < BACKLOG; number += 1) await sender.publish(`${topic}/backlog`, String(number));
  const back = await ProbeClient.open(broker, session);
  const end = () => {
    back.cut();
    sender.cut();
  };
  return { back, sender, end };
}

function messagesOf({ packets }: ProbeClient) {
  return packets.filter((packet) => packet.cmd === "publish");
}

const countOf = (client: ProbeClient) => messagesOf(client).length;

/** Whether an unacknowledged message comes again with DUP after a reconnect. */
async function redelivery({ broker, topic, client }: Place): Promise<string> {
  const session: Partial<IConnectPacket> = { clientId: client, clean: false };
  const first = await ProbeClient.open(broker, session);
  first.acknowledges = false;
  await first.subscribe(`${topic}/again`, 1);
  await first.publish(`${topic}/again`, "once");
  const before = await first.answer("publish");
  first.cut();
  const second = await ProbeClient.open(broker, session);
  const after = await second.answer("publish").catch(() => "closed" as const);
  second.cut();
  if (before === "closed" || after === "closed") return "lost";
  const identifier = before.messageId === after.messageId ? "same identifier" : "other identifier";
  return `${after.dup ? "DUP" : "no DUP"}, ${identifier}`;
}

/** Whether a new connection ends the former one of the same client identifier, and whether its will is published then. */
async function takeover({ broker, topic, client }: Place): Promise<string> {
  const watcher = await ProbeClient.open(broker, { clientId: `${client}-watcher` });
  await watcher.subscribe(`${topic}/#`, 1);
  const will = { topic: `${topic}/will`, payload: Buffer.from("will"), qos: 1, retain: false } as const;
  const former = await ProbeClient.open(broker, { clientId: client, will });
  const latter = await ProbeClient.open(broker, { clientId: client });
  await former.closed();
  const seen = await watcher.answer("publish", undefined, WILL_TIMEOUT_MS).catch(() => undefined);
  for (const probe of [watcher, former, latter]) probe.cut();
  return seen ? "closes the former, with its will" : "closes the former, without its will";
}

/** Whether the will of a client that was cut off is published. */
async function will({ broker, topic, client }: Place): Promise<boolean> {
  const watcher = await ProbeClient.open(broker, { clientId: `${client}-watcher` });
  await watcher.subscribe(`${topic}/#`, 1);
  const willOfIt = { topic: `${topic}/will`, payload: Buffer.from("will"), qos: 1, retain: false } as const;
  const former = await ProbeClient.open(broker, { clientId: client, will: willOfIt });
  former.cut();
  const seen = await watcher.answer("publish").catch(() => undefined);
  watcher.cut();
  return seen !== undefined && seen !== "closed";
}

/** What becomes of a message of a megabyte. */
async function megabyte({ broker, topic, client }: Place): Promise<string> {
  const probe = await ProbeClient.open(broker, { clientId: client });
  await probe.subscribe(`${topic}/#`, 1);
  await probe.publish(`${topic}/large`, Buffer.alloc(MEGABYTE, 0x31));
  await probe.publish(`${topic}/end`, "fence");
  const messages = await probe.messagesUntil("fence");
  probe.cut();
  if (messages === "closed") return "closed";
  return messages[0]?.payload.length === MEGABYTE ? "delivered" : "lost";
}
