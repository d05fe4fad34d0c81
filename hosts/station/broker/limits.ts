/** Every bound of the broker: purpose, unit, what happens at the limit. A host may give others. */

export interface Limits {
  /** Connections. One more is closed at once. */
  readonly connectionsMax: number;
  /** Kept sessions, connected or not. A CONNECT that needs one more gets 0x97. */
  readonly sessionsMax: number;
  /** Largest packet from a client, in bytes with its fixed header. CONNACK announces it. A larger one ends the connection with 0x95. */
  readonly packetBytesMax: number;
  /** Largest CONNECT, in bytes. Nobody has proven yet who he is. */
  readonly connectBytesMax: number;
  /** Milliseconds until CONNECT has come whole, and until each step of an authentication is done. The connection is closed. */
  readonly connectTimeoutMs: number;
  /** Messages of QoS 1 and 2 of a client that are not answered, MQTT 5. One more gets 0x93. */
  readonly receiveMaximum: number;
  /** Topic aliases of a client, and those that the broker gives. A higher one gets 0x94. */
  readonly topicAliasMaximum: number;
  /** Longest keep alive, in seconds. 0: as the client wishes. MQTT 5 is told by Server Keep Alive; in 3.1.1 it is not enforced. */
  readonly keepAliveSecondsMax: number;
  /** Longest session expiry, in seconds. CONNACK announces it where the client asked for more. In 3.1.1 a session without it expires then. */
  readonly sessionExpirySecondsMax: number;
  /** Levels of a topic name or filter. More: 0x90 or 0x8f, or the connection ends. */
  readonly topicLevelsMax: number;
  /** Longest client identifier, in bytes. A longer one gets 0x85. */
  readonly clientIdentifierBytesMax: number;
  /** Subscriptions of a session. One more gets 0x97. */
  readonly subscriptionsMax: number;
  /** Subscriptions of all sessions. One more gets 0x97. */
  readonly subscriptionsTotalMax: number;
  /** Messages that wait for one client, sent or not. At most 65,000. */
  readonly queueMessagesMax: number;
  /** Bytes of topic, payload and properties that wait for one client. */
  readonly queueBytesMax: number;
  /** A message that has waited so long, in milliseconds, and was never sent, is dropped. */
  readonly queueAgeMs: number;
  /** Messages in flight to a client, sent and not answered. MQTT 5: at most the client's receive maximum. */
  readonly inflightMax: number;
  /** Retained messages. A new topic above it is refused with 0x97, or closes the connection in 3.1.1. */
  readonly retainedMax: number;
  /** Bytes of topic, payload and properties of all retained messages. */
  readonly retainedBytesMax: number;
  /** Bytes of all messages on the store. A message of a client that would be kept is refused with 0x97 above it. */
  readonly keptBytesMax: number;
  /** Bytes that wait to be sent to a client. More ends the connection with 0x97. */
  readonly outgoingBytesMax: number;
  /** Queued messages are handed on only while fewer bytes than this wait. So a slow reader's messages wait in his queue. */
  readonly outgoingBytesGoal: number;
  /** Milliseconds in which a client that reads slowly has to take something. Then the connection ends with 0x97. */
  readonly stallMs: number;
  /** Bytes of one transaction. While more wait, the host reads from nobody: see `canReceive`. */
  readonly batchBytesMax: number;
  /** Milliseconds after a refused transaction until the store is tried again. */
  readonly storeRetryMs: number;
  /** Milliseconds between two looks for sessions and messages that have expired. */
  readonly sweepMs: number;
}

export const LIMITS: Limits = Object.freeze({
  connectionsMax: 20_000,
  sessionsMax: 50_000,
  packetBytesMax: 4 * 1_048_576,
  connectBytesMax: 65_536,
  connectTimeoutMs: 10_000,
  receiveMaximum: 256,
  topicAliasMaximum: 16,
  keepAliveSecondsMax: 0,
  sessionExpirySecondsMax: 90 * 86_400,
  topicLevelsMax: 32,
  clientIdentifierBytesMax: 256,
  subscriptionsMax: 1_000,
  subscriptionsTotalMax: 500_000,
  queueMessagesMax: 1_000,
  queueBytesMax: 8 * 1_048_576,
  queueAgeMs: 30 * 86_400_000,
  inflightMax: 20,
  retainedMax: 100_000,
  retainedBytesMax: 256 * 1_048_576,
  keptBytesMax: 4 * 1_073_741_824,
  outgoingBytesMax: 8 * 1_048_576,
  outgoingBytesGoal: 65_536,
  stallMs: 60_000,
  batchBytesMax: 16 * 1_048_576,
  storeRetryMs: 1_000,
  sweepMs: 5_000,
});
