/** The part of the SDK's module `ssl/record` that is used. */
import type Session from "ssl/session";

declare const recordProtocol: {
  /** Applies the record to the session. */
  unpacketize(session: Session, record: ArrayBuffer): void;
};
export default recordProtocol;
