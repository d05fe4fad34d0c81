/** What was published in the world, who has to get it, and what came. A payload begins with the number of its message. */
import type { IPublishPacket } from "mqtt-packet";
import { type Filter, numberOf, type PlainClient, type QoS } from "./plain-client.ts";

interface Published {
  readonly number: number;
  readonly publisher: string;
  readonly topic: string;
  readonly qos: QoS;
  readonly atMs: number;
  readonly expirySeconds: number | undefined;
  /** Clients that had SUBACK when it was published. */
  readonly owedTo: ReadonlySet<string>;
  /** `doubted`: a copy was refused, and the server may have the message from before. */
  state: "open" | "accepted" | "refused" | "doubted";
}

interface Came {
  times: number;
}

export class MessageLedger {
  readonly violations: string[] = [];
  readonly published = new Map<number, Published>();
  readonly #came = new Map<string, Came>();
  /** Number of the last message that came for the first time, by client, publisher, topic and QoS. */
  readonly #last = new Map<string, number>();
  #number = 0;

  /** The number of a new message. */
  add(
    publisher: string,
    topic: string,
    qos: QoS,
    atMs: number,
    expirySeconds: number | undefined,
    clients: readonly PlainClient[],
  ): number {
    this.#number += 1;
    const owedTo = new Set(clients.filter(({ isSubscribed }) => isSubscribed).map(({ clientId }) => clientId));
    this.published.set(this.#number, {
      number: this.#number,
      publisher,
      topic,
      qos,
      atMs,
      expirySeconds,
      owedTo,
      state: "open",
    });
    return this.#number;
  }

  settle(number: number, isAccepted: boolean, isCopy: boolean): void {
    const message = this.published.get(number);
    if (!message) return;
    if (message.state !== "open") this.violations.push(`message ${number} was answered twice`);
    message.state = isAccepted ? "accepted" : isCopy ? "doubted" : "refused";
  }

  receive(client: PlainClient, packet: IPublishPacket): void {
    const number = numberOf(packet);
    const message = this.published.get(number);
    const { clientId, filters } = client;
    if (message?.topic !== packet.topic) {
      this.violations.push(`${clientId} got message ${number} on ${packet.topic}, nobody sent that`);
      return;
    }
    const qos = effectiveQos(message, filters);
    if (qos === undefined) this.violations.push(`${clientId} got message ${number} on ${packet.topic}, unasked`);
    else if (packet.qos !== qos)
      this.violations.push(`${clientId} got message ${number} with QoS ${packet.qos}, not ${qos}`);
    if (message.state === "refused") this.violations.push(`${clientId} got message ${number}, which was refused`);
    const left = packet.properties?.messageExpiryInterval;
    if (left !== undefined && left > (message.expirySeconds ?? 0))
      this.violations.push(`message ${number} lives ${left} s, longer than ${message.expirySeconds}`);
    const came = this.#came.get(`${clientId} ${number}`) ?? { times: 0 };
    this.#came.set(`${clientId} ${number}`, came);
    came.times += 1;
    if (came.times > 1) {
      // A copy with QoS 0 does not wait for the transaction: a publisher that sends again after a power cut makes another.
      if (packet.qos === 2 || message.qos === 0)
        this.violations.push(`${clientId} got message ${number} of QoS ${packet.qos} ${came.times} times`);
      return;
    }
    // One that was sent twice may come late: its first copy has expired, had QoS 0 and found nobody, or came before SUBACK.
    const isSubscribedLate = !message.owedTo.has(clientId);
    if (message.expirySeconds !== undefined || isSubscribedLate || (packet.qos === 0 && message.qos > 0)) return;
    const lane = `${clientId} ${message.publisher} ${message.topic} ${message.qos} ${packet.qos}`;
    const last = this.#last.get(lane) ?? 0;
    if (last > number) this.violations.push(`${clientId} got message ${number} after ${last}`);
    this.#last.set(lane, Math.max(last, number));
  }

  /** A message of a shared subscription has come to one of its group. */
  receiveShared(packet: IPublishPacket): void {
    const number = numberOf(packet);
    const came = this.#came.get(`shared ${number}`) ?? { times: 0 };
    this.#came.set(`shared ${number}`, came);
    came.times += 1;
    if (came.times > 1 && packet.qos === 2)
      this.violations.push(`a group got message ${number} of QoS 2 ${came.times} times`);
    if (this.published.get(number)?.state === "refused")
      this.violations.push(`a group got message ${number}, which was refused`);
  }

  /** @param topic what a group subscribes to with QoS 2 */
  checkShared(topic: string): void {
    for (const { number, qos, state, topic: published } of this.published.values())
      if (published === topic && qos > 0 && state === "accepted" && !this.#came.has(`shared ${number}`))
        this.violations.push(`nobody of the group got message ${number} of QoS ${qos}`);
  }

  /** Everything has settled: what is missing? */
  check(clients: readonly PlainClient[]): void {
    for (const message of this.published.values()) {
      if (message.qos > 0 && message.state === "open")
        this.violations.push(`message ${message.number} was never answered`);
      if (message.state !== "accepted" || message.expirySeconds !== undefined) continue;
      for (const { clientId, filters } of clients) {
        const qos = effectiveQos(message, filters);
        if (!qos || !message.owedTo.has(clientId)) continue;
        if (!this.#came.has(`${clientId} ${message.number}`))
          this.violations.push(`${clientId} did not get message ${message.number} on ${message.topic}, QoS ${qos}`);
      }
    }
  }
}

/** The QoS that a client gets a message with. undefined: it does not get it. */
function effectiveQos({ topic, qos }: Published, filters: readonly Filter[]): QoS | undefined {
  const matching = filters.filter(({ filter }) => matches(filter, topic));
  if (matching.length === 0) return undefined;
  return Math.min(qos, Math.max(...matching.map((each) => each.qos))) as QoS;
}

/** A second reading of 4.7, by regular expression. */
function matches(filter: string, topic: string): boolean {
  const pattern = filter.replace(/\/#$/, "(/.*)?").replace(/^#$/, ".*").replaceAll("+", "[^/]*");
  return new RegExp(`^${pattern}$`).test(topic);
}
