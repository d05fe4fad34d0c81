/**
 * The MQTT broker: Aedes on a level database, with what has to be corrected so that it neither loses, doubles nor
 * reorders an acknowledged message. Each correction says what Aedes 1.2.0 does without it.
 */
import type { EventEmitter } from "node:events";
import { mkdirSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Aedes, type Client, type PublishPacket } from "aedes";
import { Level } from "level";
import { GroupCommit } from "./group-commit.ts";
import { OrderedDelivery } from "./ordered-delivery.ts";
import { StationPersistence } from "./persistence.ts";
import { HEARTBEAT_MS, MQTT_PACKET_BYTES_MAX } from "./station-limits.ts";

/** Counts the starts of this station, in the database of the broker beside the keys of the persistence. */
const BOOT_KEY = "station:boot";
const BOOT_DIGITS = 10;
const SYSTEM_PREFIX = "$SYS/";

type Done = (error?: Error | null) => void;

/** The parts of Aedes that its types do not tell. */
interface AedesInside {
  readonly counter: number;
  connectedClients: number;
  readonly clients: Record<string, Client & { readonly subscriptions: Record<string, unknown> }>;
  readonly mq: { emit(packet: NumberedPacket, done: Done): unknown };
}
interface ClientInside {
  readonly _parser: EventEmitter & { parse(bytes: Buffer): number; readonly packet: { readonly length: number } };
}
interface NumberedPacket {
  readonly brokerId: string;
  readonly brokerCounter: number;
}
type PublishOfAedes = (packet: PublishPacket, client: Client | null, done: Done) => void;

/** One publish on its way to its receivers; `emit` is set when it is stored for all of them. */
interface Turn {
  emit?: () => void;
  readonly stored: Done;
}

export interface StationInbox {
  readonly topic: string;
  /** Takes a message for the station. Resolves when it is on disk; the PUBACK waits for it. Rejects only for the disk. */
  accept(payload: Uint8Array): Promise<void>;
}

export class StationBroker extends Aedes {
  readonly persistence: StationPersistence;
  /** Who receives messages that are meant for the station itself. */
  inbox: StationInbox | undefined;
  readonly #database: GroupCommit;
  /** By number, in order: those that are being stored and those that wait for one before them. */
  readonly #turns = new Map<number, Turn>();
  /** Packets of clients that were published before their PUBACK. */
  readonly #published = new WeakSet<object>();
  readonly #deliveries = new WeakMap<Client, OrderedDelivery>();

  /** Opens the database in `folder` and starts a broker on it. Rejects where another process has it open. */
  static async open(folder: string): Promise<StationBroker> {
    mkdirSync(folder, { recursive: true });
    const level = new Level<string, Buffer>(folder, { valueEncoding: "buffer" });
    await level.open();
    const database = new GroupCommit(level);
    // Queues are read in the order of broker id and number. A random id for each start, as Aedes makes it, puts what
    // came after a restart before or behind what came earlier as it falls; one id for all starts would use numbers
    // again and overwrite what is queued. So the id counts the starts.
    const boot = Number((await database.get(BOOT_KEY))?.toString() ?? 0) + 1;
    await database.put(BOOT_KEY, Buffer.from(String(boot)));
    const broker = new StationBroker(database, `boot-${String(boot).padStart(BOOT_DIGITS, "0")}`);
    await broker.listen();
    return broker;
  }

  private constructor(database: GroupCommit, id: string) {
    const persistence = new StationPersistence(database);
    super({
      id,
      persistence,
      heartbeatInterval: HEARTBEAT_MS,
      preConnect: (client, _packet, done) => {
        this.#deliveries.set(client, new OrderedDelivery(client, persistence));
        done(null, true);
      },
      authorizeForward: (_client, packet) => (persistence.wasAcknowledged(packet) ? null : packet),
      authorizePublish: (client, packet, done) => this.#beforeAcknowledging(client, packet, done),
    });
    this.persistence = persistence;
    this.#database = database;
    this.on("clientReady", (client) => this.#deliveries.get(client)?.ready());
    this.on("subscribe", (_subscriptions, client) => this.#deliveries.get(client)?.subscribed());
    this.#keepNewestConnection();
    // What Aedes cannot recover from, such as a disk that refuses; the message was not acknowledged.
    (this as EventEmitter).on("error", (error: Error) => console.error(`broker: ${error.message}`));
    const { mq } = this.#inside;
    const emit = mq.emit.bind(mq);
    mq.emit = (packet, done) => {
      const turn = packet.brokerId === this.id ? this.#turns.get(packet.brokerCounter) : undefined;
      if (!turn) return emit(packet, done);
      turn.emit = () => emit(packet, done);
      this.#takeTurns();
      return mq;
    };
  }

  /**
   * Serves a connection. Aedes collects a packet of any length, up to 256 MB, in memory before it looks at it; here the
   * length that a packet claims is enough to end the connection.
   */
  accept(connection: Duplex, request?: IncomingMessage): void {
    const { _parser: parser } = this.handle(connection, request) as unknown as ClientInside;
    const parse = parser.parse.bind(parser);
    parser.parse = (bytes) => {
      const rest = parse(bytes);
      const { length } = parser.packet;
      if (length > MQTT_PACKET_BYTES_MAX)
        parser.emit("error", new Error(`packet of ${length} bytes, at most ${MQTT_PACKET_BYTES_MAX} are taken`));
      return rest;
    };
  }

  /** Called by Aedes for every packet after its acknowledgement, and for wills and its own messages. */
  override publish(packet: PublishPacket, client: unknown, done?: unknown): void {
    const callback = (typeof client === "function" ? client : (done ?? (() => {}))) as Done;
    if (this.#published.delete(packet)) {
      callback();
      return;
    }
    this.#publish(
      packet,
      typeof client === "function" ? null : ((client ?? null) as Client | null),
      () => {},
      callback,
    );
  }

  /** Publishes a message of the station's own. Resolves when it is on disk for every kept session that subscribes to it. */
  publishStored(topic: string, payload: Uint8Array): Promise<void> {
    const packet: PublishPacket = {
      cmd: "publish",
      topic,
      payload: Buffer.from(payload),
      qos: 1,
      retain: false,
      dup: false,
    };
    return new Promise((resolve, reject) => {
      this.#publish(packet, null, (error) => (error ? reject(error) : resolve()));
    });
  }

  /**
   * Whether someone subscribes to exactly this topic, connected or with a kept session. Who listens with a wildcard
   * listens in, and is not the one that the message is for.
   */
  async hasSubscriber(topic: string): Promise<boolean> {
    const kept = await this.persistence.subscriptionsByTopic(topic);
    if (kept.some((subscription) => subscription.topic === topic)) return true;
    const connected = (this as unknown as { clients: Record<string, { subscriptions: Record<string, unknown> }> })
      .clients;
    return Object.values(connected).some((client) => client.subscriptions[topic] !== undefined);
  }

  /** Disconnects all clients, writes what is to be written and closes the database. */
  async shutDown(): Promise<void> {
    this.persistence.closing();
    await new Promise<void>((resolve) => this.close(resolve));
    await this.#database.close();
  }

  get #inside(): AedesInside {
    return this as unknown as AedesInside;
  }

  /**
   * When a client comes back while its former connection is still being closed, the end of the old one takes the new one
   * out of the list of clients: it would not be closed by its successor or at the end.
   */
  #keepNewestConnection(): void {
    const newest = new Map<string, Client>();
    this.on("client", (client) => newest.set(client.id, client));
    this.on("clientDisconnect", (client) => {
      const current = newest.get(client.id);
      if (current === client) newest.delete(client.id);
      else if (current && !current.closed && !this.#inside.clients[client.id]) {
        this.#inside.clients[client.id] = current as AedesInside["clients"][string];
        this.#inside.connectedClients += 1;
      }
    });
  }

  /**
   * Aedes answers a QoS 1 PUBLISH with PUBACK and stores it afterwards: a crash between the two loses an acknowledged
   * message. Here it is stored first, and `publish` lets it pass when Aedes comes with it again.
   */
  #beforeAcknowledging(client: Client | null, packet: PublishPacket, done: Done): void {
    if (packet.topic.startsWith(SYSTEM_PREFIX)) {
      done(new Error(`${SYSTEM_PREFIX} topic is reserved`));
      return;
    }
    const store = () => {
      if (packet.qos !== 1) {
        done(null);
        return;
      }
      this.#published.add(packet);
      this.#publish(packet, client, (error) => done(error ?? null));
    };
    if (this.inbox?.topic !== packet.topic) store();
    else this.inbox.accept(Buffer.from(packet.payload)).then(store, done);
  }

  /**
   * Stores and emits, in the order of the calls. Aedes emits each packet when its own writes are done; a subscriber takes
   * one with a lower number than the last for a duplicate and drops it until the next connection.
   */
  #publish(packet: PublishPacket, client: Client | null, stored: Done, done: Done = () => {}): void {
    const number = this.#inside.counter + 1;
    this.#turns.set(number, { stored });
    // A last will that a former run left behind carries that run's broker id. With a number of this run it could name,
    // and overwrite, a message that is queued since then.
    const { brokerId: _id, brokerCounter: _counter, ...own } = packet as PublishPacket & Partial<NumberedPacket>;
    (super.publish as unknown as PublishOfAedes).call(this, own, client, (error) => {
      if (error) this.#giveUpTurn(number, error);
      done(error);
    });
  }

  #takeTurns(): void {
    for (const [number, turn] of this.#turns) {
      if (!turn.emit) return;
      this.#turns.delete(number);
      turn.emit();
      turn.stored();
    }
  }

  #giveUpTurn(number: number, error: Error): void {
    const turn = this.#turns.get(number);
    if (!turn) return;
    this.#turns.delete(number);
    turn.stored(error);
    this.#takeTurns();
  }
}
