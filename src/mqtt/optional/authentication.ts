/**
 * Enhanced authentication (MQTT 5, 4.12): CONNECT names a method and carries data, AUTH goes back and forth until both sides
 * are content, CONNACK may carry the last word; and the same on a connection that stands.
 */
import { ProtocolError } from "../../errors.ts";
import type { Properties } from "../properties.ts";
import { DISCONNECT_REASON } from "../reason-codes.ts";
import type { Authentication } from "../session-types.ts";

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

const NO_BYTES = new Uint8Array(0);

/** Authentication by a method, as `SessionOptions.authentication`. */
export class MethodAuthentication implements Authentication {
  private readonly authenticator: Authenticator;
  /** Nothing may come from the broker unless this is under way. */
  private isUnderWay = false;

  constructor(authenticator: Authenticator) {
    this.authenticator = authenticator;
  }

  begin(): Properties {
    this.isUnderWay = true;
    return this.properties(this.authenticator.begin());
  }

  handleAuth(reasonCode: number, properties: Properties): Properties | undefined {
    if (!this.isUnderWay) throw new ProtocolError("AUTH: not asked for [MQTT-4.12.0-6]");
    this.expectMethod(properties);
    if (reasonCode === SUCCESS) {
      this.finish(properties);
      return undefined;
    }
    if (reasonCode !== CONTINUE) throw new ProtocolError("AUTH: only a client begins anew [3.15.2.1]");
    const answer = this.authenticator.answer(properties.authenticationData ?? NO_BYTES);
    if (!answer) throw unconvincing();
    return this.properties(answer);
  }

  finish(properties: Properties): void {
    if (!this.isUnderWay) return;
    this.isUnderWay = false;
    this.expectMethod(properties);
    if (!this.authenticator.finish(properties.authenticationData ?? NO_BYTES)) throw unconvincing();
  }

  private expectMethod({ authenticationMethod }: Properties): void {
    const { method } = this.authenticator;
    if (authenticationMethod !== method)
      throw new ProtocolError(`authentication method ${authenticationMethod}, expected ${method} [MQTT-4.12.0-5]`);
  }

  private properties(authenticationData: Uint8Array): Properties {
    return { authenticationMethod: this.authenticator.method, authenticationData };
  }
}

function unconvincing(): ProtocolError {
  return new ProtocolError("AUTH: the broker does not convince", DISCONNECT_REASON.notAuthorised);
}
