/**
 * The pre-subscriber: a client of the broker with its own credentials. For each new client it asks the directory which topics to
 * subscribe, and hands them to the broker. It acknowledges a question after its answer was acknowledged. Until then the question stays
 * with the broker, whichever of them fails.
 */
import { connect, type Socket } from "node:net";
import { generate, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { decodeDirectoryLine, encodePresubscription } from "../../../src/payload/optional/presubscription.ts";
import { describeError } from "../../common/describe-error.ts";
import { PRESUBSCRIBER_NAME } from "../policy/client-gate.ts";
import { NEW_CLIENT_TOPIC, PRESUBSCRIPTION_TOPIC } from "../policy/topic-rules.ts";
import { DIRECTORY_RETRY_MS } from "../shared/limits.ts";
import { postJson } from "./post-json.ts";

/** The path of the directory's web service. */
export const PRESUBSCRIPTIONS_PATH = "/presubscriptions";

export interface PresubscriberOptions {
  /** Of the broker. */
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Of the directory's web service, without a slash at the end. */
  readonly directoryUrl: string;
  readonly directoryToken: string;
  /** PEM. An https service must have exactly this certificate. */
  readonly directoryCertificate?: string | undefined;
  readonly onLog: (line: string) => void;
}

export class Presubscriber {
  readonly #options: PresubscriberOptions;
  readonly #closing = new AbortController();
  /** Calls when the broker has acknowledged a packet, by packet identifier. */
  #unacknowledged = new Map<number, () => void>();
  #socket: Socket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #lastIdentifier = 0;

  /** Connects, and connects again after a lost connection. */
  constructor(options: PresubscriberOptions) {
    this.#options = options;
    this.#connect();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#retry);
    const socket = this.#socket;
    if (!socket || socket.closed) return;
    await new Promise((resolve) => socket.once("close", resolve).destroy());
  }

  #connect(): void {
    const { host, port, password, onLog } = this.#options;
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    const reader = parser();
    this.#socket = socket;
    this.#unacknowledged = new Map();
    let problem = "the broker closed the connection";
    socket.on("connect", () =>
      this.#send({
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clientId: PRESUBSCRIBER_NAME,
        username: PRESUBSCRIBER_NAME,
        password: Buffer.from(password),
        clean: false,
        keepalive: 0,
      }),
    );
    reader.on("packet", (packet) => this.#handle(socket, packet));
    reader.on("error", (error) => socket.destroy(error));
    socket.on("data", (bytes) => reader.parse(bytes));
    socket.on("error", (error) => {
      problem = describeError(error);
    });
    socket.on("close", () => {
      if (this.#closing.signal.aborted) return;
      onLog(`pre-subscriber: ${problem}; trying again`);
      this.#retry = setTimeout(() => this.#connect(), DIRECTORY_RETRY_MS);
    });
  }

  #handle(socket: Socket, packet: Packet): void {
    switch (packet.cmd) {
      case "connack":
        if (packet.returnCode) socket.destroy(new Error(`the broker refuses the login with code ${packet.returnCode}`));
        else
          this.#send({
            cmd: "subscribe",
            messageId: this.#identifier(),
            subscriptions: [{ topic: NEW_CLIENT_TOPIC, qos: 1 }],
          });
        return;
      case "publish":
        void this.#answer(socket, packet);
        return;
      case "puback":
        this.#unacknowledged.get(packet.messageId ?? 0)?.();
        this.#unacknowledged.delete(packet.messageId ?? 0);
    }
  }

  /** Asks until there is an answer. Stops when the connection ends: the broker then sends the question again. */
  async #answer(socket: Socket, { payload, messageId = 0 }: IPublishPacket): Promise<void> {
    const uid = payload.toString();
    const acknowledge = () => socket.writable && this.#send({ cmd: "puback", messageId });
    while (socket.writable) {
      try {
        const line = await this.#ask(uid);
        if (line === undefined) acknowledge();
        else this.#publish(socket, encodePresubscription(decodeDirectoryLine(line)), acknowledge);
        return;
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        this.#options.onLog(`pre-subscription of ${JSON.stringify(uid)}: ${describeError(error)}; trying again`);
        await new Promise((resolve) => setTimeout(resolve, DIRECTORY_RETRY_MS));
      }
    }
  }

  #publish(socket: Socket, presubscription: Uint8Array, onAcknowledged: () => void): void {
    if (!socket.writable) return;
    const messageId = this.#identifier();
    const payload = Buffer.from(presubscription);
    this.#unacknowledged.set(messageId, onAcknowledged);
    this.#send({ cmd: "publish", topic: PRESUBSCRIPTION_TOPIC, payload, qos: 1, messageId, retain: false, dup: false });
  }

  /** The directory's line; undefined if it refuses the uid for good. */
  async #ask(uid: string): Promise<Uint8Array | undefined> {
    const { status, bytes } = await postJson(
      this.#options.directoryUrl + PRESUBSCRIPTIONS_PATH,
      { client_uid: uid },
      this.#options,
      this.#closing.signal,
    );
    if (status === 400 || status === 404) return undefined;
    if (status !== 200) throw new Error(`the directory answers with status ${status}`);
    return bytes;
  }

  #send(packet: Packet): void {
    this.#socket?.write(generate(packet));
  }

  #identifier(): number {
    do this.#lastIdentifier = (this.#lastIdentifier % 65_535) + 1;
    while (this.#unacknowledged.has(this.#lastIdentifier));
    return this.#lastIdentifier;
  }
}
