/** What ends a connection: the client has sent what it must not. */

/** Reason codes of MQTT 5 that the broker says (2.4). */
export const REASON = Object.freeze({
  success: 0x00,
  grantedQos0: 0x00,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscriptionExisted: 0x11,
  continueAuthentication: 0x18,
  reauthenticate: 0x19,
  unspecified: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  unsupportedProtocolVersion: 0x84,
  clientIdentifierNotValid: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorised: 0x87,
  serverUnavailable: 0x88,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdentifierInUse: 0x91,
  packetIdentifierNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
} as const);

/** The peer broke the standard, or a bound. The message says where, what was found and what was expected. */
export class PeerError extends Error {
  /** Why DISCONNECT or CONNACK of MQTT 5 says that the connection ends. */
  readonly reasonCode: number;

  constructor(problem: string, reasonCode: number = REASON.protocolError) {
    super(problem);
    this.reasonCode = reasonCode;
  }
}

/** Bytes that are no packet (MQTT 5, 4.13.1). */
export const malformed = (problem: string): PeerError => new PeerError(problem, REASON.malformedPacket);
