/** What this client wants to hear of, what the broker has granted of it, and the one request that is out. */
import { ByteCounter, type ByteWriter } from "../bytes.ts";
import { ProtocolError, UsageError } from "../errors.ts";
import { PUBLISH_BYTES_MAX } from "../limits.ts";
import { writeSubscribe, writeUnsubscribe } from "./encoder.ts";
import type { Suback, Subscription } from "./packet.ts";
import { NO_PROPERTIES, type Properties } from "./properties.ts";
import { isTopicFilter } from "./topic.ts";

export class Subscriptions {
  #wanted: readonly Subscription[];
  #isGranted: boolean;
  /** Topic filters that the broker may still hold for us. */
  #unwanted: readonly string[] = [];
  /** Packet identifier of the SUBSCRIBE or UNSUBSCRIBE that is out, or 0, and the number of topic filters in it. */
  #identifier = 0;
  #count = 0;
  /** What the UNSUBSCRIBE takes back; undefined: it is a SUBSCRIBE. */
  #takenBack: string | undefined;

  /** Throws a `UsageError` for what is no topic filter, or does not fit into one SUBSCRIBE. */
  constructor(wanted: readonly Subscription[], isGranted: boolean) {
    this.#wanted = checked(wanted);
    this.#isGranted = isGranted;
  }

  set isGranted(isGranted: boolean) {
    this.#isGranted = isGranted;
  }

  get isRequested(): boolean {
    return this.#identifier > 0;
  }

  /** Other ones from now on. Throws as the constructor does, and nothing is changed then. */
  change(wanted: readonly Subscription[]): void {
    const former = this.#unwanted.concat(this.#wanted.map(({ topicFilter }) => topicFilter));
    this.#wanted = checked(wanted);
    this.#unwanted = former.filter((filter) => !wanted.some(({ topicFilter }) => topicFilter === filter));
    this.#isGranted = false;
  }

  handleConnected(sessionPresent: boolean): void {
    if (sessionPresent) return;
    // Forgotten before anything that can fail: the next CONNACK will say that this new session is present.
    this.#isGranted = false;
    this.#unwanted = [];
  }

  /** What was asked for and not answered may not be there. */
  handleClosed(): void {
    if (this.isRequested) this.#isGranted = false;
    this.#identifier = 0;
  }

  /**
   * The next request, to be written when it is its turn: what is not wanted any more is taken back, then what is wanted and
   * not granted asked for. undefined: there is nothing to ask for; a number: it has so many bytes, more than the broker takes.
   */
  next(
    allocateIdentifier: () => number,
    bytesMax: number,
    properties: Properties | undefined,
  ): ((writer: ByteWriter) => void) | number | undefined {
    const takenBack = this.#unwanted[0];
    const wanted = this.#wanted;
    if (takenBack === undefined && (this.#isGranted || wanted.length === 0)) return undefined;
    const bytes = takenBack === undefined ? subscribeBytes(wanted) : 0;
    if (bytes > bytesMax) return bytes;
    const identifier = allocateIdentifier();
    this.#identifier = identifier;
    this.#takenBack = takenBack;
    this.#count = takenBack === undefined ? wanted.length : 1;
    // They are granted unless SUBACK says otherwise, or others are wanted until it comes.
    this.#isGranted = takenBack === undefined;
    return (writer) =>
      takenBack === undefined
        ? writeSubscribe(writer, identifier, wanted, properties)
        : writeUnsubscribe(writer, identifier, [takenBack], properties);
  }

  /**
   * SUBACK or UNSUBACK has come. Returns the reason code for what was asked for, 0x80 and above where not all of it was
   * granted; undefined: there is more to ask for. Throws a `ProtocolError` where it answers nothing.
   */
  handleSuback({ type, packetIdentifier, reasonCodes }: Suback, isVersion5: boolean): number | undefined {
    const isSuback = type === "suback";
    const name = type.toUpperCase();
    if (packetIdentifier !== this.#identifier || isSuback !== (this.#takenBack === undefined))
      throw new ProtocolError(`${name}: packet identifier ${packetIdentifier}, not asked for`);
    if (reasonCodes.length !== this.#count && (isSuback || isVersion5))
      throw new ProtocolError(`${name}: ${reasonCodes.length} codes, expected ${this.#count} [MQTT-3.8.4-5]`);
    this.#identifier = 0;
    this.#unwanted = this.#unwanted.filter((filter) => filter !== this.#takenBack);
    if (!isSuback || !this.#isGranted) return undefined;
    const refusal = reasonCodes.find((code) => code >= 0x80);
    this.#isGranted = refusal === undefined;
    return refusal ?? 0;
  }
}

function checked(subscriptions: readonly Subscription[]): readonly Subscription[] {
  subscriptions.forEach(({ topicFilter }) => {
    if (!isTopicFilter(topicFilter)) throw new UsageError(`subscription ${topicFilter}: not a topic filter`);
  });
  if (subscribeBytes(subscriptions) > PUBLISH_BYTES_MAX)
    throw new UsageError(`subscriptions: above ${PUBLISH_BYTES_MAX} bytes`);
  return subscriptions;
}

function subscribeBytes(subscriptions: readonly Subscription[]): number {
  const counter = new ByteCounter();
  writeSubscribe(counter, 0, subscriptions, NO_PROPERTIES);
  return counter.length;
}
