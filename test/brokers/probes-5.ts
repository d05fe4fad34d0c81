/** Questions of MQTT 5, for the brokers that speak it. */
import type { IPublishPacket } from "mqtt-packet";
import { ProbeClient } from "./probe-client.ts";
import type { Place } from "./probes.ts";

/** How long a pager asks to be remembered, in seconds: 30 days. */
const SESSION_EXPIRY_SECONDS = 2_592_000;

/** The questions of MQTT 5. */
export const PROBES_5 = Object.freeze({
  announced,
  properties,
  subscriptionIdentifier,
  noLocal,
  retainAsPublished,
  retainHandling,
});

/** What CONNACK announces to a client that connects as a pager does, sorted by name. */
async function announced({ broker, client }: Place): Promise<string> {
  const probe = new ProbeClient(broker, 5);
  const connack = await probe.connect({
    clientId: client,
    properties: { sessionExpiryInterval: SESSION_EXPIRY_SECONDS },
  });
  probe.cut();
  if (connack === "closed") return "closed";
  const properties = Object.entries(connack.properties ?? {}).map(([name, value]) => `${name} ${value}`);
  return properties.sort().join(", ");
}

/** Whether user properties, content type and correlation data reach the receiver. */
async function properties(place: Place): Promise<string> {
  const sent = { userProperties: { colour: "red" }, contentType: "text/plain", correlationData: Buffer.from("7") };
  const [message] = await roundTrip(place, {}, undefined, sent);
  const received = message?.properties;
  const kept = [
    received?.userProperties?.colour === "red" && "userProperties",
    received?.contentType === "text/plain" && "contentType",
    received?.correlationData?.toString() === "7" && "correlationData",
  ];
  return kept.filter(Boolean).join(", ");
}

/** Whether a message names its subscription. */
async function subscriptionIdentifier(place: Place): Promise<boolean> {
  const [message] = await roundTrip(place, {}, { subscriptionIdentifier: 7 });
  return String(message?.properties?.subscriptionIdentifier) === "7";
}

/** Whether the broker leaves out the client's own messages when the subscription asks for it. */
async function noLocal(place: Place): Promise<boolean> {
  return (await roundTrip(place, { nl: true })).length === 0;
}

/** Whether RETAIN stays as the sender set it when the subscription asks for it. */
async function retainAsPublished(place: Place): Promise<boolean> {
  const [message] = await roundTrip(place, { rap: true }, undefined, undefined, true);
  return message?.retain === true;
}

/** Whether the broker leaves out retained messages when the subscription asks for it. */
async function retainHandling({ broker, topic, client }: Place): Promise<boolean> {
  const probe = await ProbeClient.open(broker, { clientId: client, protocolVersion: 5 });
  await probe.publish(`${topic}/one`, "kept", { retain: true });
  await probe.subscribe(`${topic}/#`, 1, { rh: 2 });
  await probe.publish(`${topic}/end`, "fence");
  const messages = await probe.messagesUntil("fence");
  await probe.publish(`${topic}/one`, "", { retain: true });
  await probe.close();
  return messages !== "closed" && messages.length === 0;
}

/** Publishes a message to itself and returns what comes back. A later message from another client ends the wait. */
async function roundTrip(
  { broker, topic, client }: Place,
  options: object,
  subscribeProperties?: object,
  publishProperties?: object,
  retain = false,
): Promise<IPublishPacket[]> {
  const probe = await ProbeClient.open(broker, { clientId: client, protocolVersion: 5 });
  const other = await ProbeClient.open(broker, { clientId: `${client}-other`, protocolVersion: 5 });
  await probe.subscribe(`${topic}/#`, 1, options, subscribeProperties);
  await probe.publish(`${topic}/one`, "one", {
    retain,
    ...(publishProperties ? { properties: publishProperties } : {}),
  });
  await other.publish(`${topic}/end`, "fence");
  const messages = await probe.messagesUntil("fence");
  await probe.publish(`${topic}/one`, "", { retain: true });
  await probe.close();
  other.cut();
  return messages === "closed" ? [] : messages;
}
