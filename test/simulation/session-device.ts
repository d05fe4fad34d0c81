/**
 * A device that uses the MQTT engine alone. Its application publishes with every QoS, durably or not. It takes messages after a
 * while and in any order. Each life ends with a power cut, and the next one begins with the same storage.
 *
 * To get QoS 2 exactly once, the application stores a message and calls `acknowledge` at once. At the event `disconnected` it
 * forgets the messages that it has not taken, because they come again. Three cases cannot be avoided. A message may be taken twice
 * if the power fails between the application's own write and that of `acknowledge`. The same may happen if the storage refuses the
 * write of `acknowledge`. And a message may be missed if the broker lost its session, the CONNACK that said so was lost, and so was
 * the first delivery of a new message with the identifier of a message that was taken.
 */
import type { Transport } from "../../hosts/runner.ts";
import { BrokerRecord } from "../../src/gateway/broker-record.ts";
import { OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX, TRANSMIT_BYTES_MAX } from "../../src/limits.ts";
import { MessagesInParts } from "../../src/mqtt/optional/large-messages.ts";
import { Policies } from "../../src/mqtt/optional/outbox-policies.ts";
import { DurableOutbox } from "../../src/mqtt/optional/outbox-store.ts";
import { Streaming } from "../../src/mqtt/optional/payload-streaming.ts";
import type { Publish, QoS } from "../../src/mqtt/packet.ts";
import { NO_PROPERTIES } from "../../src/mqtt/properties.ts";
import { Session } from "../../src/mqtt/session.ts";
import type { OutboxPolicy, ProtocolSetting, SessionEvent } from "../../src/mqtt/session-types.ts";
import { GIVEN_UP } from "../../src/mqtt/suspects.ts";
import type { Random } from "../../src/seams.ts";
import type { Network } from "./network.ts";
import { PowerCut } from "./power-cut-store.ts";
import { PoweredDevice } from "./powered-device.ts";
import { payloadOf, SessionLedger } from "./session-ledger.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface SessionDeviceOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly network: Network;
  readonly clientIdentifier: string;
  /** Its topic filters. A life uses those that are set when it begins. */
  topics: readonly string[];
  /** Whether the broker closes on messages to this topic. */
  readonly closesOn: (topic: string) => boolean;
  readonly protocol: ProtocolSetting;
  readonly keepAliveSeconds: number;
  readonly streamsLargeMessages: boolean;
  /** The application takes a message within this time. */
  readonly takeMsMax: number;
  readonly onLog?: ((line: string) => void) | undefined;
}

export interface Wish {
  readonly topic: string;
  readonly qos: QoS;
  readonly isDurable: boolean;
  readonly bytes: number;
  readonly policy: OutboxPolicy;
  /** undefined: the message never expires. */
  readonly expirySeconds: number | undefined;
  /** Its payload is read when it is sent. */
  readonly isStream: boolean;
}

/** A broker may refuse messages above this size. */
const LARGE_BYTES = 300;
/** Most bytes that a message takes of the outbox beside its topic and payload. */
const OUTBOX_OVERHEAD_BYTES = 17;

export class SessionDevice extends PoweredDevice {
  readonly ledger: SessionLedger;
  /** How many messages were too large to be kept. */
  oversizes = 0;
  connection = 0;
  readonly #options: SessionDeviceOptions;
  /** The number of each message in flight, by token. Those of durable messages outlast a reboot. */
  readonly #numbers = new Map<number, number>();
  #session: Session | undefined;
  /** The record of the broker, as in the gateway. */
  #record: BrokerRecord | undefined;
  #transport: Transport | undefined;
  /** What this life subscribes to. */
  #topics: readonly string[] = [];
  /** Messages that were told and not taken, by token. Emptied when the connection ends. */
  #untaken = new Map<number, number>();
  #large: Publish | undefined;
  #isStalled = false;
  /** Bytes that were not handed in yet. The session takes none while its answers cannot leave. */
  #unread: Uint8Array[] = [];
  #nextNumber = 1;
  #takeMsMax: number;
  #cancelTimer: () => void = () => {};

  constructor(options: SessionDeviceOptions) {
    super(options.clock, options.random);
    this.#options = options;
    this.#takeMsMax = options.takeMsMax;
    this.ledger = new SessionLedger(this);
  }

  get streamsLargeMessages(): boolean {
    return this.#options.streamsLargeMessages;
  }

  /** Whether no message is in flight or waits to be taken. */
  get isIdle(): boolean {
    return this.#session?.isDrained === true && this.#untaken.size === 0;
  }

  /**
   * The engine's records on the store that must be gone in the end. An `r-` record without its `o-` record is cleared at the next
   * start. The suspects stay until the broker answers the messages that they name.
   */
  get records(): readonly string[] {
    const keys = this.store.keys();
    const isOrphan = (key: string) => key.startsWith("r-") && !keys.includes(`o-${key.slice(2)}`);
    return keys.filter((key) => !key.startsWith("b-") && key !== "taken" && key !== "suspects" && !isOrphan(key));
  }

  protected begin(): void {
    const { random, clock, clientIdentifier, topics, protocol, keepAliveSeconds } = this.#options;
    this.#topics = topics;
    const subscriptions = topics.map((topicFilter) => ({ topicFilter, qos: 2 }) as const);
    const record = new BrokerRecord(this.store, "broker", subscriptions);
    // A message that is not on the store was lost with the last life. A new message may get its token.
    const keys = new Set(this.store.keys());
    for (const token of this.#numbers.keys()) if (!keys.has(`o-${token.toString(36)}`)) this.#numbers.delete(token);
    this.#record = record;
    this.#session = new Session(
      {
        clientIdentifier,
        keepAliveSeconds,
        userName: "",
        password: "",
        will: undefined,
        subscriptions,
        held: record.held,
        knownLevel: record.protocolLevel,
        protocol,
        store: this.store,
        outboxStore: new DurableOutbox(this.store),
        outboxPolicies: new Policies(),
        payloadStreaming: new Streaming(),
        largeMessages: this.#options.streamsLargeMessages ? new MessagesInParts() : undefined,
      },
      random,
    );
    this.#session.start(clock.nowMs);
    this.#drain();
  }

  networkChanged(): void {
    this.guard(() => {
      this.#session?.handleNetworkChanged(this.#options.clock.nowMs);
      this.#drain();
    });
  }

  /** Whether the session says that it is connected. */
  get isConnected(): boolean {
    return this.#session?.isConnected === true;
  }

  /** The application sends a message, if there is power and room in the outbox. */
  wish(wish: Wish): void {
    this.guard(() => {
      if (this.#session) this.#publish(wish, this.#session);
      this.#drain();
    });
  }

  /** The application takes messages quickly, too. */
  override calm(): void {
    this.#takeMsMax = Math.min(this.#takeMsMax, 500);
    super.calm();
  }

  #log(line: string): void {
    this.#options.onLog?.(`${this.#options.clock.nowMs} ms, life ${this.life}: ${line}`);
  }

  protected end(): void {
    this.noteUnrecorded(this.#topics);
    this.#cancelTimer();
    // The power may fail while the engine records that a connection has ended.
    this.ledger.handleEnded();
    this.#session = undefined;
    // The transport is not closed: the broker learns of a power cut late or never.
    this.#transport = undefined;
    this.#untaken = new Map();
    this.#large = undefined;
    this.#isStalled = false;
    this.#unread = [];
  }

  /** Called after every event. Handles the session's events, sends its bytes, and sets its timer. */
  #drain(): void {
    const session = this.#session;
    if (!session) return;
    const { clock, random } = this.#options;
    for (let isBusy = true; isBusy; ) {
      isBusy = false;
      const bytes = session.canReceive ? this.#unread.shift() : undefined;
      if (bytes) {
        session.handleBytes(bytes, clock.nowMs);
        isBusy = true;
      }
      for (let event = session.pollEvent(); event; event = session.pollEvent()) {
        // The engine treats a power cut like any refusal of the store. What it does afterwards has no effect.
        if (this.store.isDead) throw new PowerCut("the power has failed");
        this.#handleEvent(event, session);
        isBusy = true;
      }
      for (let bytes = this.#nextTransmit(session); bytes; bytes = this.#nextTransmit(session)) {
        if (this.store.isDead) throw new PowerCut("the power has failed");
        this.#transport?.write(bytes);
        isBusy = true;
        if (bytes.length === TRANSMIT_BYTES_MAX && random() < 0.5) this.#stall(session);
      }
    }
    this.#checkOutbox(session);
    const wakeMs = session.pollTimeout();
    const owes = !session.isConnected || session.outboxCount > 0 || this.#untaken.size > 0;
    if (owes && wakeMs === undefined) this.errors.push("the session waits for something and has no timer");
    this.#cancelTimer();
    this.#cancelTimer =
      wakeMs === undefined
        ? () => {}
        : clock.after(wakeMs - clock.nowMs, () => this.#run(session, () => session.handleTimeout(clock.nowMs)));
  }

  #nextTransmit(session: Session): Uint8Array | undefined {
    return this.#isStalled ? undefined : session.pollTransmit();
  }

  /** The transport takes nothing for a while. The rest of a message that leaves in pieces waits. */
  #stall(session: Session): void {
    const { clock, random } = this.#options;
    this.#isStalled = true;
    clock.after(random() * 2_000, () => {
      if (session !== this.#session) return;
      this.#isStalled = false;
      this.#run(session, () => {});
    });
  }

  /** Runs an event of a session, unless its life is over. */
  #run(session: Session, run: () => void): void {
    if (session !== this.#session) return;
    this.guard(() => {
      run();
      if (this.store.isDead) throw new PowerCut("the power has failed");
      this.#drain();
    });
  }

  #handleEvent(event: SessionEvent, session: Session): void {
    this.#log(describe(event));
    switch (event.type) {
      case "open":
        this.#open(session);
        break;
      case "close": {
        this.#isStalled = false;
        const last = session.pollTransmit();
        if (last) this.#transport?.write(last);
        this.#transport?.close();
        this.#transport = undefined;
        break;
      }
      case "connected":
        if (!event.sessionPresent) this.ledger.handleNewSession();
        this.#remember(() => this.#record?.handleConnected(event.protocolLevel, event.sessionPresent));
        break;
      case "subscribed":
        this.#remember(() => this.#record?.setHeld(session.held));
        break;
      case "disconnected":
        this.ledger.handleEnded();
        this.#isStalled = false;
        this.#transport = undefined;
        this.#untaken = new Map();
        this.#large = undefined;
        break;
      case "message":
        this.#tell(event, session);
        break;
      case "oversize":
        this.oversizes += 1;
        break;
      case "messageBegin":
        this.#large = { ...event.message, properties: NO_PROPERTIES, type: "publish", payload: new Uint8Array() };
        break;
      case "messagePart":
        this.#collect(event, session);
        break;
      case "dropped":
        this.#drop(event.token);
        break;
      case "drained":
        if (session.outboxCount > 0) this.errors.push(`drained, and ${session.outboxCount} messages in the outbox`);
        break;
      case "acknowledged":
      case "rejected":
        this.#settle(event);
        break;
    }
  }

  /** A message that was being accepted when the power failed has no number here. */
  #settle(event: Extract<SessionEvent, { type: "acknowledged" | "rejected" }>): void {
    const number = this.#numbers.get(event.token);
    this.#numbers.delete(event.token);
    if (number === undefined) return;
    this.ledger.settle(number, event.type === "acknowledged");
    if (event.type === "rejected" && event.reason.includes(GIVEN_UP)) this.ledger.checkGivenUp(number);
  }

  #drop(token: number): void {
    const number = this.#numbers.get(token);
    this.#numbers.delete(token);
    if (number !== undefined) this.ledger.drop(number);
  }

  /** Joins the parts of a large message. After the last part it is told like any other message. */
  #collect({ payload, isLast, token }: Extract<SessionEvent, { type: "messagePart" }>, session: Session): void {
    const message = this.#large;
    if (!message) {
      this.errors.push("a part of no message");
      return;
    }
    this.#large = { ...message, payload: Buffer.concat([message.payload, payload]) };
    if (isLast) this.#tell({ type: "message", message: this.#large, token }, session);
  }

  #checkOutbox({ outboxCount, outboxBytes }: Session): void {
    if (outboxCount > OUTBOX_MESSAGES_MAX) this.errors.push(`${outboxCount} messages in the outbox`);
    if (outboxBytes > OUTBOX_BYTES_MAX) this.errors.push(`${outboxBytes} bytes in the outbox`);
  }

  /** Writes a record that may be missing. A power cut still ends the life. */
  #remember(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (error instanceof PowerCut) throw error;
    }
  }

  #open(session: Session): void {
    const { network, clock } = this.#options;
    this.connection += 1;
    this.#unread = [];
    const transport = network.openTransport({
      onConnected: () =>
        this.#on(transport, session, () => {
          this.#remember(() => this.#record?.handleConnecting());
          session.handleConnected(clock.nowMs);
        }),
      onBytes: (bytes) => {
        if (transport === this.#transport) this.#unread.push(bytes.slice());
        this.#on(transport, session, () => {});
      },
      onClosed: (reason) => this.#on(transport, session, () => session.handleClosed(reason, clock.nowMs)),
    });
    this.#transport = transport;
  }

  #on(transport: Transport, session: Session, run: () => void): void {
    if (transport === this.#transport) this.#run(session, run);
  }

  #tell({ message, token }: Extract<SessionEvent, { type: "message" }>, session: Session): void {
    const { clock, random } = this.#options;
    const number = this.ledger.tell(message.topic, message.payload, message.qos);
    if (message.qos === 0) return;
    const untaken = this.#untaken;
    untaken.set(token, number);
    const take = () => {
      if (untaken === this.#untaken && untaken.delete(token)) this.#take(number, token, session);
    };
    if (random() < 0.5) take();
    else clock.after(random() * this.#takeMsMax, () => this.#run(session, take));
  }

  /** The application stores a message and acknowledges it to the engine. */
  #take(number: number, token: number, session: Session): void {
    const entry = this.ledger.incoming.get(number);
    if (!entry) return;
    try {
      this.store.write("taken", payloadOf(number, 4));
    } catch (error) {
      if (error instanceof PowerCut) {
        // The record may have been written.
        entry.taken += 1;
        entry.doubts += 1;
        throw error;
      }
      session.restart("the store refuses a message", this.#options.clock.nowMs);
      return;
    }
    entry.taken += 1;
    entry.doubts += 1;
    session.acknowledge(token);
    if (!this.store.isDead && session.isConnected) entry.doubts -= 1;
  }

  #publish(wish: Wish, session: Session): void {
    const { topic, qos, isStream, bytes, policy, expirySeconds } = wish;
    const number = this.#nextNumber++;
    const isDurable = !isStream && (qos === 2 || (qos === 1 && wish.isDurable));
    const isDroppable = policy !== "reject" || expirySeconds !== undefined;
    const entry = this.ledger.accept({
      number,
      topic,
      qos,
      isDurable,
      isDroppable,
      isLarge: isStream || bytes > LARGE_BYTES || this.#options.closesOn(topic),
    });
    const properties = expirySeconds === undefined ? NO_PROPERTIES : { messageExpiryInterval: expirySeconds };
    const whole = payloadOf(number, bytes);
    const read = (offset: number, target: Uint8Array) => target.set(whole.subarray(offset, offset + target.length));
    const payload = isStream ? { length: whole.length, read } : whole;
    const options = { topic, qos, isDurable, payload, retain: false, policy, properties };
    const { outboxCount, outboxBytes } = session;
    try {
      const token = session.publish(options, this.#options.clock.nowMs);
      this.#log(
        `published message ${number} on ${topic}, QoS ${qos}${isDurable ? ", durable" : ""}, ${policy}, token ${token}`,
      );
      if (token) this.#numbers.set(token, number);
      if (token === undefined) {
        this.ledger.outgoing.delete(number);
        const needed = topic.length + (isStream ? 0 : bytes) + OUTBOX_OVERHEAD_BYTES;
        if (outboxCount < OUTBOX_MESSAGES_MAX && outboxBytes + needed <= OUTBOX_BYTES_MAX)
          this.errors.push(`a message was refused with ${outboxCount} in the outbox, ${outboxBytes} bytes`);
      }
      entry.isInDoubt = false;
    } catch (error) {
      if (error instanceof PowerCut) throw error;
      // The store has refused the message. So it was not accepted.
      this.ledger.outgoing.delete(number);
    }
  }
}

function describe(event: SessionEvent): string {
  if (event.type === "message") {
    const { topic, qos, dup, packetIdentifier } = event.message;
    return `message ${topic} QoS ${qos} id ${packetIdentifier}${dup ? " DUP" : ""}`;
  }
  return JSON.stringify(event);
}
