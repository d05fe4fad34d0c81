/**
 * Enhanced authentication (MQTT 5, 4.12): CONNECT names a method and carries data, AUTH goes back and forth until both sides
 * are content, CONNACK may carry the last word; and the same on a connection that stands.
 */
import type { ByteWriter } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { writeAuth } from "./encoder.ts";
import type { Auth } from "./packet.ts";
import { NO_PROPERTIES, type Properties } from "./properties.ts";
import { DISCONNECT_REASON } from "./reason-codes.ts";

/** A method that both sides know, and its data. Never called with MQTT 3.1.1. */
export interface Authenticator {
  readonly method: string;
  /** Data that goes with CONNECT or begins a re-authentication. */
  begin(): Uint8Array;
  /** What to answer the broker's data with; undefined: it does not convince, and the connection ends. */
  answer(data: Uint8Array): Uint8Array | undefined;
  /** Whether the data of the broker's last word is right. */
  finish(data: Uint8Array): boolean;
}

/** Reason codes of AUTH (3.15.2.1). */
const SUCCESS = 0x00;
const CONTINUE = 0x18;
const REAUTHENTICATE = 0x19;

const NO_BYTES = new Uint8Array(0);

export class Authentication {
  readonly #authenticator: Authenticator | undefined;
  readonly #transmit: ByteWriter;
  /** Nothing may come from the broker unless this is under way. */
  #isUnderWay = false;

  constructor(authenticator: Authenticator | undefined, transmit: ByteWriter) {
    this.#authenticator = authenticator;
    this.#transmit = transmit;
  }

  get isPossible(): boolean {
    return this.#authenticator !== undefined;
  }

  /** What CONNECT says of it; the exchange begins. */
  begin(): Properties {
    this.#isUnderWay = this.isPossible;
    return this.#authenticator ? this.#properties(this.#authenticator.begin()) : NO_PROPERTIES;
  }

  /** Begins the exchange on a connection that stands. */
  beginAgain(): void {
    writeAuth(this.#transmit, REAUTHENTICATE, this.begin());
  }

  /** Returns whether the broker is content. Throws a `ProtocolError` for what may not come, or does not convince. */
  handleAuth({ reasonCode, properties }: Auth): boolean {
    const authenticator = this.#authenticator;
    if (!authenticator || !this.#isUnderWay)
      throw new ProtocolError("AUTH: nothing was sent that it could answer [MQTT-4.12.0-6]");
    const { authenticationMethod, authenticationData = NO_BYTES } = properties;
    if (authenticationMethod !== authenticator.method)
      throw new ProtocolError(`AUTH: method ${authenticationMethod}, expected ${authenticator.method} [MQTT-4.12.0-5]`);
    if (reasonCode === SUCCESS) {
      this.finish(properties);
      return true;
    }
    if (reasonCode !== CONTINUE) throw new ProtocolError("AUTH: only a client may ask for it anew [3.15.2.1]");
    const answer = authenticator.answer(authenticationData);
    if (!answer) throw new ProtocolError("AUTH: the broker's data does not convince", DISCONNECT_REASON.notAuthorised);
    writeAuth(this.#transmit, CONTINUE, this.#properties(answer));
    return false;
  }

  /** The broker's last word, in CONNACK or AUTH, may have to convince us, too. */
  finish({ authenticationData = NO_BYTES }: Properties): void {
    if (!this.#isUnderWay) return;
    this.#isUnderWay = false;
    if (this.#authenticator?.finish(authenticationData)) return;
    throw new ProtocolError(
      "authentication: the broker's last data does not convince",
      DISCONNECT_REASON.notAuthorised,
    );
  }

  #properties(authenticationData: Uint8Array): Properties {
    return { authenticationMethod: this.#authenticator?.method, authenticationData };
  }
}
