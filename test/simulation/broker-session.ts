/** The session that a broker keeps for a client, and the messages that come from the client. */
import type { QoS } from "../../src/mqtt/packet.ts";

export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
}

/** A PUBLISH as it came from a client. The broker may have the message already. */
export interface Arrival extends Message {
  readonly clientIdentifier: string;
  readonly packetIdentifier: number;
  readonly dup: boolean;
  /** Number of the broker's session. After a lost session it is a new one. */
  readonly epoch: number;
  /** Number of the connection. */
  readonly connection: number;
  /** Whether the broker takes the message. It does not take a QoS 2 message that it has already. */
  readonly isTaken: boolean;
}

/** A message of QoS 1 or 2 on its way to the client. */
export interface Delivery {
  readonly packetIdentifier: number;
  readonly message: Message;
  /** The packet to send: PUBLISH until PUBACK or PUBREC, then PUBREL until PUBCOMP. */
  state: "publish" | "pubrel";
  /** It was sent on the present connection. */
  isSent: boolean;
}

/** The connection through which a session delivers. */
export interface Outlet {
  deliver(): void;
  end(): void;
}

export class KeptSession {
  readonly epoch: number;
  readonly subscriptions = new Map<string, QoS>();
  /** Messages that were not sent yet, in order. */
  readonly waiting: Message[] = [];
  /** Messages that were sent and are not finished, in order. */
  inflight: Delivery[] = [];
  /** Identifiers of the client's QoS 2 messages between PUBLISH and PUBREL. */
  readonly received = new Set<number>();
  connection: Outlet | undefined;
  #nextIdentifier = 1;

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  /** Begins a new connection. All messages in flight must be sent again. */
  begin(connection: Outlet): void {
    for (const delivery of this.inflight) delivery.isSent = false;
    this.connection = connection;
  }

  find(packetIdentifier: number): Delivery | undefined {
    return this.inflight.find((delivery) => delivery.packetIdentifier === packetIdentifier);
  }

  finish(packetIdentifier: number): void {
    this.inflight = this.inflight.filter((delivery) => delivery.packetIdentifier !== packetIdentifier);
  }

  /** Puts a waiting message in flight. */
  launch(message: Message): Delivery {
    while (this.find(this.#nextIdentifier)) this.#advance();
    const delivery: Delivery = { packetIdentifier: this.#nextIdentifier, message, state: "publish", isSent: true };
    this.#advance();
    this.inflight.push(delivery);
    return delivery;
  }

  #advance(): void {
    this.#nextIdentifier = (this.#nextIdentifier % 65_535) + 1;
  }
}
