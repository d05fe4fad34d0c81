/** The topics of one device (wire format, topics): the one place that joins their names. */
export class Topics {
  readonly #env: string;
  readonly #uid: string;

  constructor(env: string, uid: string) {
    this.#env = env;
    this.#uid = uid;
  }

  get presence(): string {
    return `/${this.#env}/pres/${this.#uid}`;
  }

  /** Messages to this device. */
  get messages(): string {
    return this.messagesOf(this.#uid);
  }

  /** Messages to another client or to a group. */
  messagesOf(uid: string): string {
    return `/${this.#env}/im/${uid}`;
  }

  /** Plain pages to this device. */
  get pages(): string {
    return `/${this.#env}/page/${this.#uid}`;
  }

  get pageReceipts(): string {
    return `${this.pages}/receipt`;
  }

  get telemetry(): string {
    return `/${this.#env}/tele/${this.#uid}`;
  }
}
