/**
 * Tells Home Assistant of each answer that a carrier gives, so that an automation can act on it. Beside the document by which a device is
 * found there, the station puts one with an `event` entity of the same device. Each answer is an event at `/{env}/answer/{uid}`:
 * `{"event_type": "answered", "answer", "message", "title"}`. `message` is the id of the message, and `title` is that of a push.
 */
import { decodeJsonObject } from "../../../src/payload/json.ts";
import { describeError } from "../../common/describe-error.ts";
import type { EventHub, StationEvent } from "../shared/event-hub.ts";
import { ANSWER_CHARACTERS_MAX, ANSWERS_REMEMBERED_MAX } from "../shared/limits.ts";
import type { MessageBroker, OwnMessage } from "../shared/message-broker.ts";
import type { PushService } from "./push-service.ts";

const DOCUMENTS = "homeassistant/device/+/config";
const EVENT_TYPE = "answered";

export class AnswerEvents {
  readonly #env: string;
  readonly #broker: MessageBroker;
  readonly #pushes: PushService;
  readonly #events: EventHub;
  /** Answers to plain pages that were told. A device may repeat them. The oldest first. */
  readonly #told = new Set<string>();

  constructor(env: string, broker: MessageBroker, pushes: PushService, events: EventHub) {
    this.#env = env;
    this.#broker = broker;
    this.#pushes = pushes;
    this.#events = events;
  }

  start(): void {
    this.#broker.watch(DOCUMENTS, (topic, payload) => this.#takeDocument(topic, payload));
    const pages = `/${this.#env}/page/`;
    this.#broker.watch(`${pages}+/receipt`, (topic, payload) =>
      this.#takePageReceipt(topic.slice(pages.length).split("/")[0] ?? "", payload),
    );
    this.#events.listen((event) => this.#takeEvent(event));
  }

  /** Follows the document of a device: it comes and goes with it. Another's document is none of ours. */
  #takeDocument(topic: string, payload: Uint8Array): void {
    const own = topic.replace(/config$/, "answer/config");
    if (payload.length === 0) {
      if (this.#broker.hasRetained(own)) this.#publish({ topic: own, payload: new Uint8Array(), retain: true });
      return;
    }
    const uid = pagedBy(payload, `/${this.#env}/page/`);
    if (uid === undefined) return;
    const id = `${this.#env}_${uid}`;
    const document = {
      dev: { ids: [id] },
      o: { name: "Fieldpager station" },
      cmps: {
        answer: {
          p: "event",
          name: "answer",
          uniq_id: `${id}_answer`,
          stat_t: this.#topicOf(uid),
          evt_typ: [EVENT_TYPE],
          qos: 1,
        },
      },
    };
    this.#publish({ topic: own, payload: Buffer.from(JSON.stringify(document)), retain: true });
  }

  #takePageReceipt(uid: string, payload: Uint8Array): void {
    let receipt: Readonly<Record<string, unknown>>;
    try {
      receipt = decodeJsonObject(payload, "receipt");
    } catch {
      return;
    }
    const { id, st, co } = receipt;
    if (typeof id !== "string" || st !== EVENT_TYPE || typeof co !== "string") return;
    const key = `${uid} ${id}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    const [oldest] = this.#told;
    if (this.#told.size > ANSWERS_REMEMBERED_MAX && oldest !== undefined) this.#told.delete(oldest);
    this.#tell(uid, { answer: co.slice(0, ANSWER_CHARACTERS_MAX), message: id });
  }

  #takeEvent(event: StationEvent): void {
    const receipt = event.type === "delivery" ? event.delivery.receipts.at(-1) : undefined;
    // With a call it was told before.
    if (event.type !== "delivery" || receipt?.status !== EVENT_TYPE || receipt.call !== undefined) return;
    const title = this.#pushes.get(event.id)?.title;
    this.#tell(receipt.from, {
      answer: receipt.answer ?? "",
      message: event.id,
      ...(title === undefined ? {} : { title }),
    });
  }

  #tell(uid: string, what: object): void {
    const payload = Buffer.from(JSON.stringify({ event_type: EVENT_TYPE, ...what }));
    this.#publish({ topic: this.#topicOf(uid), payload });
  }

  #publish(message: OwnMessage): void {
    this.#broker
      .publish(message)
      .catch((error) => console.error(`Home Assistant: ${message.topic}: ${describeError(error)}`));
  }

  #topicOf(uid: string): string {
    return `/${this.#env}/answer/${uid}`;
  }
}

/** The uid of the device that a document lets page; undefined if it is none of ours. */
function pagedBy(payload: Uint8Array, prefix: string): string | undefined {
  try {
    const document = JSON.parse(Buffer.from(payload).toString()) as { cmps?: { page?: { cmd_t?: unknown } } } | null;
    const topic = document?.cmps?.page?.cmd_t;
    return typeof topic === "string" && topic.startsWith(prefix) ? topic.slice(prefix.length) : undefined;
  } catch {
    return undefined;
  }
}
