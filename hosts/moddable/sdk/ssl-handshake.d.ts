/** The part of the SDK's module `ssl/handshake` that is used. */
import type Session from "ssl/session";

declare const handshakeProtocol: {
  /** Returns the record of a handshake message, and adds the message to those that Finished confirms. */
  packetize(session: Session, type: number, body: { getChunk(): Uint8Array }): Uint8Array;
};
export default handshakeProtocol;
