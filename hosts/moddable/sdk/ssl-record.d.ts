/** What is used of the SDK's module `ssl/record`. */
import type Session from "ssl/session";

declare const recordProtocol: {
  /** Does what the record says. */
  unpacketize(session: Session, record: ArrayBuffer): void;
};
export default recordProtocol;
