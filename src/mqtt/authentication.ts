/**
 * Enhanced authentication (MQTT 5, 4.12): CONNECT names a method and carries data, AUTH goes back and forth until both sides
 * are content, CONNACK may carry the last word; and the same on a connection that stands.
 */
import { ProtocolError } from "../errors.ts";
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
  private readonly authenticator: Authenticator | undefined;
  /** Writes a packet when it is its turn. */
  private readonly write: (properties: Properties, reasonCode: number) => void;
  /** Nothing may come from the broker unless this is under way. */
  private isUnderWay = false;

  constructor(authenticator: Authenticator | undefined, write: (properties: Properties, reasonCode: number) => void) {
    this.authenticator = authenticator;
    this.write = write;
  }

  get isPossible(): boolean {
    return this.authenticator !== undefined;
  }

  /** What CONNECT says of it; the exchange begins. */
  begin(): Properties {
    this.isUnderWay = this.isPossible;
    return this.authenticator ? this.properties(this.authenticator.begin()) : NO_PROPERTIES;
  }

  /** Begins the exchange on a connection that stands. */
  beginAgain(): void {
    this.write(this.begin(), REAUTHENTICATE);
  }

  /** Returns whether the broker is content. Throws a `ProtocolError` for what may not come, or does not convince. */
  handleAuth(reasonCode: number, properties: Properties): boolean {
    const authenticator = this.authenticator;
    if (!authenticator || !this.isUnderWay) throw new ProtocolError("AUTH: not asked for [MQTT-4.12.0-6]");
    this.expectMethod(properties);
    if (reasonCode === SUCCESS) {
      this.finish(properties);
      return true;
    }
    if (reasonCode !== CONTINUE) throw new ProtocolError("AUTH: only a client begins anew [3.15.2.1]");
    const answer = authenticator.answer(properties.authenticationData ?? NO_BYTES);
    if (!answer) throw unconvincing();
    this.write(this.properties(answer), CONTINUE);
    return false;
  }

  /** The broker's last word, in CONNACK or AUTH, may have to convince us, too. */
  finish(properties: Properties): void {
    if (!this.isUnderWay) return;
    this.isUnderWay = false;
    this.expectMethod(properties);
    if (this.authenticator?.finish(properties.authenticationData ?? NO_BYTES)) return;
    throw unconvincing();
  }

  private expectMethod({ authenticationMethod }: Properties): void {
    const expected = this.authenticator?.method;
    if (authenticationMethod !== expected)
      throw new ProtocolError(`authentication method ${authenticationMethod}, expected ${expected} [MQTT-4.12.0-5]`);
  }

  private properties(authenticationData: Uint8Array): Properties {
    return { authenticationMethod: this.authenticator?.method, authenticationData };
  }
}

function unconvincing(): ProtocolError {
  return new ProtocolError("AUTH: the broker does not convince", DISCONNECT_REASON.notAuthorised);
}
