/** Stands between the pager's engine and the broker, and tells the pager's ledger what came and what was taken. */
import mqttPacket, { type IPublishPacket } from "mqtt-packet";
import { numberOf, type SessionLedger } from "../../../../simulation/session-ledger.ts";

interface Watched {
  readonly parser: ReturnType<typeof mqttPacket.parser>;
  /** Of what the broker sends. It knows the version from CONNECT on. */
  answers: ReturnType<typeof mqttPacket.parser> | undefined;
  readonly aliases: Map<number, string>;
  isPager: boolean;
}

interface Taken {
  readonly packet: IPublishPacket;
  readonly epoch: number;
  readonly gate: number;
}

export class PagerWatch {
  readonly #ledger: SessionLedger;
  readonly #clientIdentifier: string;
  readonly #watched = new Map<number, Watched>();
  #came: IPublishPacket[] = [];
  /** Numbers of the pager's messages by packet identifier. */
  readonly #numbers = new Map<number, number>();
  readonly #takenNow = new Set<number>();
  #waiting: Taken[] = [];

  constructor(ledger: SessionLedger, clientIdentifier: string) {
    this.#ledger = ledger;
    this.#clientIdentifier = clientIdentifier;
  }

  /** The broker makes a new session of the pager. */
  handleNewSession(): void {
    this.#ledger.standing += 1;
  }

  /** The broker takes a message of the pager. */
  handleTaken(payload: Uint8Array): void {
    this.#takenNow.add(numberOf(payload));
  }

  handleBytes(connection: number, bytes: Uint8Array): void {
    let watched = this.#watched.get(connection);
    if (!watched) {
      const parser = mqttPacket.parser({});
      const made: Watched = { parser, answers: undefined, aliases: new Map<number, string>(), isPager: false };
      watched = made;
      this.#watched.set(connection, watched);
      parser.on("error", () => {});
      parser.on("packet", (packet) => {
        if (packet.cmd === "connect") {
          made.isPager = packet.clientId === this.#clientIdentifier;
          if (made.isPager) made.answers = this.#answers(packet.protocolVersion ?? 4);
        }
        if (packet.cmd !== "publish" || !made.isPager) return;
        this.#numbers.set(packet.messageId ?? 0, numberOf(packet.payload as Uint8Array));
        const alias = packet.properties?.topicAlias ?? 0;
        if (packet.topic !== "") made.aliases.set(alias, packet.topic);
        this.#came.push({ ...packet, topic: packet.topic || (made.aliases.get(alias) ?? "") });
      });
    }
    watched.parser.parse(Buffer.from(bytes));
  }

  /** The broker sends this. */
  handleSent(connection: number, bytes: Uint8Array): void {
    this.#watched.get(connection)?.answers?.parse(Buffer.from(bytes));
  }

  /** A message that the broker refuses may be gone from the pager's store when its power fails, and its application does not hear of that. */
  #answers(protocolVersion: number): ReturnType<typeof mqttPacket.parser> {
    const parser = mqttPacket.parser({ protocolVersion });
    parser.on("error", () => {});
    parser.on("packet", (packet) => {
      if ((packet.cmd !== "puback" && packet.cmd !== "pubrec") || (packet.reasonCode ?? 0) < 0x80) return;
      const number = this.#numbers.get(packet.messageId ?? 0);
      if (number !== undefined) this.#ledger.refuse(number);
    });
    return parser;
  }

  /** @param gate the transaction that it is written in. Somebody keeps what the pager sends. So what is above QoS 0 is taken when it is on the store. */
  handleHandled(gate: number): void {
    for (const packet of this.#came) {
      const isWritten = packet.qos > 0;
      const isTaken = this.#takenNow.has(numberOf(packet.payload as Uint8Array));
      const epoch = this.#ledger.standing;
      this.#tell(packet, epoch, packet.dup, isTaken && !isWritten);
      if (isTaken && isWritten) this.#waiting.push({ packet, epoch, gate });
    }
    this.#came = [];
    this.#takenNow.clear();
  }

  handleCommitted(committed: number): void {
    for (const { packet, epoch, gate } of this.#waiting) if (gate <= committed) this.#tell(packet, epoch, true, true);
    this.#waiting = this.#waiting.filter(({ gate }) => gate > committed);
  }

  handlePowerCut(): void {
    this.#waiting = [];
    this.#came = [];
    this.#takenNow.clear();
    this.#watched.clear();
  }

  #tell(packet: IPublishPacket, epoch: number, dup: boolean, isTaken: boolean): void {
    const { topic, qos, retain, messageId = 0 } = packet;
    const payload = new Uint8Array(packet.payload as Uint8Array);
    const from = { clientIdentifier: this.#clientIdentifier, packetIdentifier: messageId, connection: 0 };
    this.#ledger.handleArrival({ ...from, topic, qos, retain, payload, dup, epoch, isTaken });
  }
}
