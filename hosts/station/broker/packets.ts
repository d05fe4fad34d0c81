/** The packets of a client, one after the other, and who handles each. */
import { handleAuth, handleConnect, handleDisconnect, isSpoken } from "./connecting.ts";
import type { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import { PeerError } from "./errors.ts";
import { handlePublish, handlePubrel } from "./receiving.ts";
import { handleSubscribe, handleUnsubscribe } from "./subscribing.ts";
import type { Decoded } from "./wire/codec.ts";

/** Handles what has come whole, until a packet has to wait for the host's verdict. Throws a `PeerError`. */
export function handleFrames(core: Core, connection: Connection): void {
  while (connection.state !== "closed") {
    if (connection.isAwaitingVerdict) {
      connection.frames.keep();
      return;
    }
    const bytes = connection.frames.next();
    if (!bytes) return;
    if (connection.decoder.level === undefined && !isSpoken(connection, bytes)) return;
    const packet = connection.decoder.decode(bytes);
    handlePacket(core, connection, packet);
  }
}

function handlePacket(core: Core, connection: Connection, packet: Decoded): void {
  if (packet.cmd === "connect") {
    handleConnect(core, connection, packet);
    return;
  }
  if (packet.cmd === "auth") {
    handleAuth(core, connection, packet);
    return;
  }
  if (packet.cmd === "disconnect") {
    const { reasonCode = 0, properties } = packet;
    handleDisconnect(connection, reasonCode, properties?.sessionExpiryInterval, core.limits.sessionExpirySecondsMax);
    return;
  }
  const { session, delivery } = connection;
  if (!session) throw new PeerError(`${packet.cmd}: before CONNACK`);
  const identifier = packet.messageId ?? 0;
  switch (packet.cmd) {
    case "publish":
      handlePublish(core, connection, session, packet);
      break;
    case "puback":
      delivery.handlePuback(session, identifier);
      break;
    case "pubrec":
      delivery.handlePubrec(session, identifier, packet.reasonCode ?? 0);
      break;
    case "pubrel":
      handlePubrel(connection, session, identifier);
      break;
    case "pubcomp":
      delivery.handlePubcomp(session, identifier);
      break;
    case "subscribe":
      handleSubscribe(core, connection, session, packet);
      break;
    case "unsubscribe":
      handleUnsubscribe(core, connection, session, packet);
      break;
    case "pingreq":
      connection.send({ cmd: "pingresp" });
      break;
  }
}
