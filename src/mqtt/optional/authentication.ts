/**
 * Enhanced authentication (MQTT 5, 4.12), as `SessionOptions.authentication`. CONNECT names a method and carries data. AUTH goes
 * back and forth until both sides are content. CONNACK may carry the last word. The same can be done on a connection that stands.
 */
import { ProtocolError, UsageError } from "../../errors.ts";
import { writeAuth } from "../encoder.ts";
import type { Exchange } from "../exchange.ts";
import type { Authentication } from "../extensions.ts";
import type { Properties } from "../properties.ts";
import { DISCONNECT_REASON } from "../reason-codes.ts";
import type { SessionEvent } from "../session-types.ts";

/** A method that both sides know, and its data. It is never called with MQTT 3.1.1. */
export interface Authenticator {
  readonly method: string;
  /** Returns the data that goes with CONNECT or begins a re-authentication. */
  begin(): Uint8Array;
  /** Returns the answer to the broker's data. undefined: the broker does not convince, and the connection ends. */
  answer(data: Uint8Array): Uint8Array | undefined;
  /** Whether the data of the broker's last word is right. */
  finish(data: Uint8Array): boolean;
}

/** Reason codes of AUTH (3.15.2.1). */
const SUCCESS = 0x00;
const CONTINUE = 0x18;
const REAUTHENTICATE = 0x19;

const NO_BYTES = new Uint8Array(0);

/** Authentication by a method. One session has it at a time. */
export class MethodAuthentication implements Authentication {
  awaitedSinceMs: number | undefined;
  private readonly authenticator: Authenticator;
  private exchange: Exchange | undefined;
  private tell: (event: SessionEvent) => void = () => {};
  /** The broker may send nothing of it at other times. */
  private isUnderWay = false;

  constructor(authenticator: Authenticator) {
    this.authenticator = authenticator;
  }

  attach(exchange: Exchange, tell: (event: SessionEvent) => void): void {
    this.exchange = exchange;
    this.tell = tell;
  }

  /** Authenticates anew on a connection that stands. It ends with the event `reauthenticated` or with the connection. */
  reauthenticate(nowMs: number): void {
    if (!this.isConnected) throw new UsageError("reauthenticate: needs a connection");
    this.send(REAUTHENTICATE, this.begin());
    this.awaitedSinceMs = nowMs;
  }

  begin(): Properties {
    this.isUnderWay = true;
    return this.properties(this.authenticator.begin());
  }

  handleAuth(reasonCode: number, properties: Properties): void {
    if (!this.isUnderWay) throw new ProtocolError("AUTH: not asked for [MQTT-4.12.0-6]");
    this.expectMethod(properties);
    if (reasonCode === SUCCESS) {
      if (!this.isConnected) throw new ProtocolError("AUTH: success before CONNACK [4.12]");
      this.finish(properties);
      this.tell({ type: "reauthenticated" });
      return;
    }
    if (reasonCode !== CONTINUE) throw new ProtocolError("AUTH: only a client begins anew [3.15.2.1]");
    const answer = this.authenticator.answer(properties.authenticationData ?? NO_BYTES);
    if (!answer) throw unconvincing();
    this.send(CONTINUE, this.properties(answer));
  }

  finish(properties: Properties): void {
    if (!this.isUnderWay) return;
    this.handleClosed();
    this.expectMethod(properties);
    if (!this.authenticator.finish(properties.authenticationData ?? NO_BYTES)) throw unconvincing();
  }

  handleClosed(): void {
    this.isUnderWay = false;
    this.awaitedSinceMs = undefined;
  }

  private send(reasonCode: number, properties: Properties): void {
    const exchange = this.exchange;
    exchange?.queue.write(() => writeAuth(exchange.transmit, reasonCode, properties));
  }

  private get isConnected(): boolean {
    return this.exchange?.writer.limits !== undefined;
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
