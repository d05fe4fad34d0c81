/** What this client says of itself when a connection begins. */
import type { ByteWriter } from "../bytes.ts";
import { RECEIVE_MAX, SESSION_EXPIRY_SECONDS, SKIPPED_BYTES_MAX, TOPIC_ALIAS_MAX } from "../limits.ts";
import { writeConnect } from "./encoder.ts";
import type { ProtocolLevel, Will } from "./packet.ts";
import { NO_PROPERTIES } from "./properties.ts";
import type { SessionOptions } from "./session-types.ts";

/** Writes the CONNECT of a session. @param will as much of the will as the broker takes */
export function writeSessionConnect(
  writer: ByteWriter,
  options: SessionOptions,
  protocolLevel: ProtocolLevel,
  will: Will | undefined,
): void {
  const willDelaySeconds = options.willDelaySeconds;
  const authentication = options.authentication;
  writeConnect(writer, {
    ...options,
    will,
    protocolLevel,
    cleanSession: false,
    properties: {
      sessionExpiryInterval: SESSION_EXPIRY_SECONDS,
      receiveMaximum: RECEIVE_MAX,
      maximumPacketSize: SKIPPED_BYTES_MAX,
      topicAliasMaximum: TOPIC_ALIAS_MAX,
      ...(protocolLevel === 5 && authentication?.begin()),
    },
    willProperties: will && willDelaySeconds ? { willDelayInterval: willDelaySeconds } : NO_PROPERTIES,
  });
}
