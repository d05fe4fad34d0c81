/** CONNECT, AUTH and what they lead to: a session, a CONNACK, or a refusal (3.1.4, 4.12). */
import type { IAuthPacket, IConnackPacket, IConnectPacket } from "mqtt-packet";
import type { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import { PeerError, REASON } from "./errors.ts";
import type { Verdict } from "./hooks.ts";
import type { Session } from "./session.ts";
import { addedSubscription } from "./subscription.ts";
import { levelsOf } from "./topic.ts";
import { willOf } from "./will.ts";
import { type Decoded, encodeConnack, toBuffer } from "./wire/codec.ts";
import { levelOf } from "./wire/gate.ts";

type Connect = IConnectPacket & Pick<Decoded, "forwarded">;

/** What CONNACK takes without words of the host. A client that takes less is refused. */
const CONNACK_BYTES = 64;
const IDENTIFIER_DIGITS = 20;

/** What waits for a verdict. */
const pending = new WeakMap<Connection, Connect>();

/** Answers a CONNECT of a version that is not spoken [MQTT-3.1.2-2]. Returns whether it is one of those that are. */
export function isSpoken(connection: Connection, packet: Uint8Array): boolean {
  const level = packet[0] === 0x10 ? levelOf(packet) : 4;
  if (level === 4 || level === 5) return true;
  const answerLevel = level > 5 ? 5 : 4;
  connection.output.push([encodeConnack(REASON.unsupportedProtocolVersion, false, undefined, answerLevel)]);
  connection.finish(`protocol level ${level}, expected 4 or 5`, false);
  return false;
}

export function handleConnect(core: Core, connection: Connection, packet: Connect): void {
  const { limits } = core;
  const { properties = {} } = packet;
  connection.packetBytesMax = properties.maximumPacketSize ?? Number.POSITIVE_INFINITY;
  connection.authenticationMethod = properties.authenticationMethod;
  if (connection.packetBytesMax < CONNACK_BYTES)
    throw new PeerError(`maximum packet size ${connection.packetBytesMax} [MQTT-3.1.2-24]`, REASON.packetTooLarge);
  if (packet.clientId === "" && packet.protocolVersion === 4 && !packet.clean)
    throw new PeerError("no client identifier, and a session [MQTT-3.1.3-8]", REASON.clientIdentifierNotValid);
  if (new TextEncoder().encode(packet.clientId).length > limits.clientIdentifierBytesMax)
    throw new PeerError("client identifier: too long", REASON.clientIdentifierNotValid);
  if (packet.will && levelsOf(packet.will.topic).length > limits.topicLevelsMax)
    throw new PeerError("will topic: too many levels", REASON.topicNameInvalid);
  const clientIdentifier = packet.clientId || assignedIdentifier(core);
  connection.client = { ...connection.client, clientIdentifier, userName: packet.username };
  connection.state = "authenticating";
  connection.frames.packetBytesMax = limits.packetBytesMax;
  pending.set(connection, packet);
  ask(core, connection, packet.password, properties.authenticationData, false);
}

/** AUTH of a client: the next step, or a new proof on a connection that stands [MQTT-4.12.1-1]. */
export function handleAuth(core: Core, connection: Connection, { reasonCode, properties = {} }: IAuthPacket): void {
  const { authenticationMethod: method, authenticationData } = properties;
  if (connection.authenticationMethod === undefined) throw new PeerError("AUTH: CONNECT had no method [MQTT-4.12.0-6]");
  if (method !== connection.authenticationMethod)
    throw new PeerError(`AUTH: method ${method}, expected ${connection.authenticationMethod} [MQTT-4.12.0-5]`);
  const isConnected = connection.state === "connected";
  if (!isConnected && reasonCode !== REASON.continueAuthentication)
    throw new PeerError("AUTH: re-authentication before CONNACK");
  ask(core, connection, undefined, authenticationData, isConnected);
}

function ask(
  core: Core,
  connection: Connection,
  password: Uint8Array | undefined,
  authenticationData: Uint8Array | undefined,
  isReauthentication: boolean,
): void {
  const { clientIdentifier, userName } = connection.client;
  const { authenticationMethod } = connection;
  const connect = pending.get(connection);
  const verdict = core.hooks.authenticate({
    connection: connection.number,
    clientIdentifier,
    isIdentifierAssigned: connect?.clientId === "",
    userName,
    password,
    authenticationMethod,
    authenticationData,
    isReauthentication,
    isSessionKept: connect !== undefined && (connect.protocolVersion === 5 ? expiryOf(connect) > 0 : !connect.clean),
    will: connect && willOf(connect, connect.forwarded),
  });
  connection.isAwaitingVerdict = verdict === undefined;
  if (verdict) handleVerdict(core, connection, verdict);
}

/** The host has decided. A connection that has ended meanwhile is left alone. */
export function handleVerdict(core: Core, connection: Connection, verdict: Verdict): void {
  if (connection.state !== "authenticating" && connection.state !== "connected") return;
  connection.isAwaitingVerdict = false;
  const authenticationMethod = connection.authenticationMethod ?? "";
  switch (verdict.type) {
    case "refuse":
      connection.close(verdict.reasonCode, verdict.reasonString ?? "refused");
      return;
    case "continue": {
      const properties = { authenticationMethod, authenticationData: toBuffer(verdict.authenticationData) };
      connection.send({ cmd: "auth", reasonCode: REASON.continueAuthentication, properties });
      return;
    }
    default: {
      const { identity, clientIdentifier = connection.client.clientIdentifier } = verdict;
      connection.client = { ...connection.client, identity, clientIdentifier };
    }
  }
  if (connection.state === "connected") {
    const data = verdict.authenticationData && { authenticationData: toBuffer(verdict.authenticationData) };
    connection.send({ cmd: "auth", reasonCode: REASON.success, properties: { authenticationMethod, ...data } });
    return;
  }
  const connect = pending.get(connection);
  pending.delete(connection);
  if (connect) accept(core, connection, connect, verdict);
}

function accept(core: Core, connection: Connection, connect: Connect, verdict: Verdict & { type: "accept" }): void {
  const { client } = connection;
  const will = willOf(connect, connect.forwarded);
  if (verdict.packetBytesMax !== undefined)
    connection.frames.packetBytesMax = Math.min(core.limits.packetBytesMax, verdict.packetBytesMax);
  const refusal = will ? core.hooks.authorisePublish(client, will) : 0;
  if (refusal >= 0x80) throw new PeerError("the will is not allowed", refusal);
  if (core.isRefusing) throw new PeerError("the store does not take anything", REASON.serverUnavailable);
  const before = core.writes.count;
  const former = core.sessions.get(client.clientIdentifier);
  // [MQTT-3.1.4-3]
  former?.connection?.close(REASON.sessionTakenOver, "another connection has taken the session");
  const kept = core.sessions.get(client.clientIdentifier);
  if (kept && connect.clean) core.sessions.end(kept);
  const present = kept !== undefined && !connect.clean;
  if (!present && core.sessions.size >= core.limits.sessionsMax)
    throw new PeerError(`more than ${core.limits.sessionsMax} sessions`, REASON.quotaExceeded);
  const session = present ? kept : core.sessions.create(client.clientIdentifier);
  // A will that waits is not published any more, and the new one takes its place [MQTT-3.1.3-9].
  const { inflightMax } = core.limits;
  begin(core, connection, session, connect, Math.min(inflightMax, verdict.inflightMax ?? inflightMax));
  core.sessions.handleConnected(session, will);
  if (!present) addSubscriptions(core, connection, session);
  const properties = announced(core, connection, connect, session, verdict);
  // That a former session is gone is on the store before it is said.
  const gate = core.writes.count === before ? session.gate : core.writes.gate;
  connection.sendWhole(encodeConnack(0, present, properties, connection.level), gate);
  connection.watchSilence();
  connection.pump();
  if (present)
    for (const { filter, isDeclined } of session.subscriptions.values())
      if (!isDeclined) core.hooks.handleSubscribed?.(session.clientIdentifier, filter);
}

function begin(core: Core, connection: Connection, session: Session, connect: Connect, inflightMax: number): void {
  const { limits } = core;
  const { properties = {} } = connect;
  const asked = connection.level === 5 ? expiryOf(connect) : connect.clean ? 0 : Number.POSITIVE_INFINITY;
  session.level = connection.level;
  session.expirySeconds = Math.min(asked, limits.sessionExpirySecondsMax);
  session.connection = connection;
  connection.session = session;
  connection.state = "connected";
  const { delivery } = connection;
  delivery.window = Math.min(inflightMax, properties.receiveMaximum ?? inflightMax);
  delivery.topicAliasMaximum = Math.min(limits.topicAliasMaximum, properties.topicAliasMaximum ?? 0);
  connection.keepAliveSeconds = keepAliveOf(core, connect);
}

/** Seconds that MQTT 5 asks for. */
function expiryOf({ properties }: IConnectPacket): number {
  return properties?.sessionExpiryInterval ?? 0;
}

/** Seconds. In 3.1.1 nobody can be told of another one. */
function keepAliveOf({ limits }: Core, { keepalive = 0, protocolVersion }: Connect): number {
  const max = limits.keepAliveSecondsMax;
  if (max === 0 || protocolVersion !== 5) return keepalive;
  return keepalive === 0 ? max : Math.min(keepalive, max);
}

function addSubscriptions(core: Core, connection: Connection, session: Session): void {
  for (const added of core.hooks.subscriptionsOf(connection.client)) {
    const topics = core.retained.topicsOf(added.filter);
    const isRetainedOwed = topics.length > 0;
    core.sessions.subscribe(session, { ...addedSubscription(added), isRetainedOwed });
    if (isRetainedOwed) session.retainedOwed.set(added.filter, topics);
  }
}

/** What CONNACK says of this broker and this connection (3.2.2.3). */
function announced(
  core: Core,
  connection: Connection,
  connect: Connect,
  session: Session,
  { authenticationData, responseInformation }: Verdict & { type: "accept" },
): IConnackPacket["properties"] {
  const { limits } = core;
  const { properties = {} } = connect;
  const { authenticationMethod } = connection;
  const keepAlive = keepAliveOf(core, connect);
  const isExpiryOther = session.expirySeconds !== expiryOf(connect);
  return {
    receiveMaximum: limits.receiveMaximum,
    maximumPacketSize: connection.frames.packetBytesMax,
    topicAliasMaximum: limits.topicAliasMaximum,
    ...(isExpiryOther && { sessionExpiryInterval: session.expirySeconds }),
    ...(connect.clientId === "" && { assignedClientIdentifier: connection.client.clientIdentifier }),
    ...(keepAlive !== connect.keepalive && { serverKeepAlive: keepAlive }),
    ...(properties.requestResponseInformation && responseInformation !== undefined && { responseInformation }),
    ...(authenticationMethod !== undefined && { authenticationMethod }),
    ...(authenticationMethod !== undefined &&
      authenticationData && { authenticationData: toBuffer(authenticationData) }),
  };
}

/** One that no client can guess [MQTT-3.1.3-6] [MQTT-3.1.3-7]. */
function assignedIdentifier({ random, sessions }: Core): string {
  for (;;) {
    let digits = "";
    while (digits.length < IDENTIFIER_DIGITS) digits += Math.floor(random() * 16).toString(16);
    if (!sessions.get(`auto-${digits}`)) return `auto-${digits}`;
  }
}

/** DISCONNECT of a client (3.14.4). */
export function handleDisconnect(
  connection: Connection,
  reasonCode: number,
  sessionExpiryInterval: number | undefined,
  expirySecondsMax: number,
): void {
  const { session } = connection;
  if (session && sessionExpiryInterval !== undefined) {
    if (session.expirySeconds === 0 && sessionExpiryInterval > 0)
      throw new PeerError("DISCONNECT: session expiry, CONNECT had none [MQTT-3.14.2-2]");
    session.expirySeconds = Math.min(sessionExpiryInterval, expirySecondsMax);
  }
  // [MQTT-3.14.4-3]
  connection.output.clear();
  connection.finish("DISCONNECT", reasonCode !== 0);
}
