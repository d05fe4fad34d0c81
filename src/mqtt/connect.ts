/** What this client says of itself when a connection begins. */
import type { ByteWriter } from "../bytes.ts";
import { RECEIVE_MAX, SESSION_EXPIRY_SECONDS, SKIPPED_BYTES_MAX, TOPIC_ALIAS_MAX } from "../limits.ts";
import { writeConnect } from "./encoder.ts";
import type { ProtocolLevel } from "./packet.ts";
import { NO_PROPERTIES, type Properties } from "./properties.ts";
import type { SessionOptions } from "./session-types.ts";

/** Writes the CONNECT of a session. @param authentication what it says of its method; none in MQTT 3.1.1 */
export function writeSessionConnect(
  writer: ByteWriter,
  options: SessionOptions,
  protocolLevel: ProtocolLevel,
  authentication: Properties,
): void {
  const { will, willDelaySeconds } = options;
  writeConnect(writer, {
    ...options,
    protocolLevel,
    cleanSession: false,
    properties: {
      sessionExpiryInterval: SESSION_EXPIRY_SECONDS,
      receiveMaximum: RECEIVE_MAX,
      maximumPacketSize: SKIPPED_BYTES_MAX,
      topicAliasMaximum: TOPIC_ALIAS_MAX,
      ...authentication,
    },
    willProperties: will && willDelaySeconds ? { willDelayInterval: willDelaySeconds } : NO_PROPERTIES,
  });
}
