/** What a broker keeps of a client while it is away, and what it is told of the client's messages. */
import type { QoS } from "../../src/mqtt/packet.ts";

export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
}

/** A PUBLISH as it came from a client, before the broker has looked whether it has it already. */
export interface Arrival extends Message {
  readonly clientIdentifier: string;
  readonly packetIdentifier: number;
  readonly dup: boolean;
  /** Number of the broker's session: another one after it was lost. */
  readonly epoch: number;
  /** Number of the connection on which it came. */
  readonly connection: number;
  /** Whether the broker takes it: false for a QoS 2 message that it has. */
  readonly isTaken: boolean;
}

/** A message of QoS 1 or 2 on its way to the client. */
export interface Delivery {
  readonly packetIdentifier: number;
  readonly message: Message;
  /** What is sent: PUBLISH until PUBACK or PUBREC, then PUBREL until PUBCOMP. */
  state: "publish" | "pubrel";
  /** Sent on the present connection. */
  isSent: boolean;
}

/** The other end of `deliver`. */
export interface Outlet {
  deliver(): void;
  end(): void;
}

export class KeptSession {
  readonly epoch: number;
  readonly subscriptions = new Map<string, QoS>();
  /** Not sent yet, in order. */
  readonly waiting: Message[] = [];
  /** Sent at some time and not finished, in order. */
  inflight: Delivery[] = [];
  /** QoS 2 messages of the client between PUBLISH and PUBREL, by identifier. */
  readonly received = new Set<number>();
  connection: Outlet | undefined;
  #nextIdentifier = 1;

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  /** A new connection: all that is in flight is to be sent again. */
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
