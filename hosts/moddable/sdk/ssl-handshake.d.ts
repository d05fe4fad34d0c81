/** What is used of the SDK's module `ssl/handshake`. */
import type Session from "ssl/session";

declare const handshakeProtocol: {
  /** Gives the record of a handshake message, and counts it among those that Finished proves. */
  packetize(session: Session, type: number, body: { getChunk(): Uint8Array }): Uint8Array;
};
export default handshakeProtocol;
