import { isUid } from "../payload/uid.ts";

/** The topics of one device (wire format, topics). No other place joins their names. */
export class Topics {
  readonly env: string;
  /** The uid of this device. */
  readonly uid: string;

  constructor(env: string, uid: string) {
    this.env = env;
    this.uid = uid;
  }

  get presence(): string {
    return this.presenceOf(this.uid);
  }

  presenceOf(uid: string): string {
    return `/${this.env}/pres/${uid}`;
  }

  /** The uid whose presence a topic holds, or undefined for another topic. */
  uidOfPresence(topic: string): string | undefined {
    return uidBehind(this.presenceOf(""), topic);
  }

  /** The client or group that receives the messages of a topic, or undefined for another topic. */
  uidOfMessages(topic: string): string | undefined {
    return uidBehind(this.messagesOf(""), topic);
  }

  /** Messages to this device. */
  get messages(): string {
    return this.messagesOf(this.uid);
  }

  /** Messages to another client or to a group. */
  messagesOf(uid: string): string {
    return `/${this.env}/im/${uid}`;
  }

  /** Plain pages to this device. */
  get pages(): string {
    return `/${this.env}/page/${this.uid}`;
  }

  get pageReceipts(): string {
    return `${this.pages}/receipt`;
  }

  /** Commands to this device. */
  get commands(): string {
    return `/${this.env}/cmd/${this.uid}`;
  }

  get commandResults(): string {
    return `${this.commands}/result`;
  }

  /** Which firmware runs on this device. */
  get info(): string {
    return `/${this.env}/info/${this.uid}`;
  }

  /** Requests for pictures of text. */
  get raster(): string {
    return `/${this.env}/raster/${this.uid}`;
  }

  get rasterReplies(): string {
    return `${this.raster}/reply`;
  }

  get telemetry(): string {
    return `/${this.env}/tele/${this.uid}`;
  }
}

function uidBehind(prefix: string, topic: string): string | undefined {
  const uid = topic.slice(prefix.length);
  return topic.startsWith(prefix) && isUid(uid) ? uid : undefined;
}
