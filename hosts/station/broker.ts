/**
 * The MQTT broker: Aedes on a level database, corrected so that it neither loses, doubles nor reorders an acknowledged message.
 * Each correction says what Aedes 1.2.0 does without it.
 */
import type { EventEmitter } from "node:events";
import { mkdirSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Aedes, type Client, type ConnectPacket, type PublishPacket } from "aedes";
import { Level } from "level";
import type { Packet } from "mqtt-packet";
import { FormatError } from "../../src/errors.ts";
import { type ClientGate, CONNACK_CODE, type GateCounters } from "./access/client-gate.ts";
import { followOtherBrokers, openSharedEmitter } from "./cluster/other-brokers.ts";
import { RedisConnections } from "./cluster/redis-connections.ts";
import { RedisDatabase } from "./cluster/redis-database.ts";
import { SharedPersistence } from "./cluster/shared-persistence.ts";
import type { Database } from "./database.ts";
import { GroupCommit } from "./group-commit.ts";
import { OrderedDelivery, type ReaderCounters } from "./ordered-delivery.ts";
import { StationPersistence } from "./persistence.ts";
import type { Presubscriptions } from "./presubscription/presubscriptions.ts";
import {
  CONNECT_TIMEOUT_MS,
  HEARTBEAT_MS,
  MQTT_PACKET_BYTES_MAX,
  READER_STALLED_MS,
  TOPIC_LEVELS_MAX,
} from "./station-limits.ts";
import { StoreHealth } from "./store-health.ts";

/** Key of the number of starts, in the broker's database. */
const BOOT_KEY = "station:boot";
const BOOT_DIGITS = 10;
const SYSTEM_PREFIX = "$SYS/";
/** Topic that tells all broker processes of a client that was removed. */
const FORGOTTEN_TOPIC = "forgotten";

type Done = (error?: Error | null) => void;

/** Members of Aedes that its types leave out. */
interface AedesInside {
  readonly counter: number;
  connectedClients: number;
  readonly clients: Record<string, Client & { readonly subscriptions: Record<string, unknown> }>;
  readonly mq: {
    emit(packet: NumberedPacket, done: Done): unknown;
    on(topic: string, listener: (packet: PublishPacket, done: () => void) => void): void;
  };
}
interface ClientInside {
  readonly _parser: EventEmitter & { parse(bytes: Buffer): number; readonly packet: { readonly length: number } };
  readonly _keepaliveTimer: NodeJS.Timeout | null;
}
interface NumberedPacket {
  readonly brokerId: string;
  readonly brokerCounter: number;
}
type PublishOfAedes = (packet: PublishPacket, client: Client | null, done: Done) => void;

/** A message on its way to its receivers. `emit` is set when it is stored for all of them. */
interface Turn {
  emit?: () => void;
  readonly stored: Done;
}

export interface StationInbox {
  readonly topic: string;
  /** Takes a message for the station. Resolves when it is on disk; the PUBACK waits for that. Rejects only if the disk fails. */
  accept(payload: Uint8Array): Promise<void>;
}

export class StationBroker extends Aedes {
  readonly persistence: StationPersistence;
  /** Receives messages to the station itself. */
  inbox: StationInbox | undefined;
  /** Subscribes for clients without subscriptions. If undefined, clients subscribe themselves. */
  presubscriptions: Presubscriptions | undefined;
  readonly readers: ReaderCounters = { dropped: 0, closed: 0 };
  readonly #database: Database;
  #health = new StoreHealth();
  #onClosing: () => void = () => {};
  /** Messages that are being stored, or wait for an earlier one, by number and in order. */
  readonly #turns = new Map<number, Turn>();
  /** Packets that `publish` lets pass: they are stored already, or are acknowledged and dropped. */
  readonly #settled = new WeakSet<object>();
  readonly #gate: ClientGate | undefined;
  readonly #connects = new WeakMap<Client, ConnectPacket>();
  readonly #deliveries = new WeakMap<Client, OrderedDelivery>();

  /**
   * Opens the database in `folder` and starts a broker on it. Rejects if another process has it open.
   * @param gate decides who may connect and do what; without a gate everyone may do everything
   * @param health shared by all stores: after one failure no client may connect and nothing is acknowledged
   */
  static async open(folder: string, gate?: ClientGate, health = new StoreHealth()): Promise<StationBroker> {
    mkdirSync(folder, { recursive: true });
    const level = new Level<string, Buffer>(folder, { valueEncoding: "buffer" });
    await level.open();
    const database = new GroupCommit(level, health);
    // Queues are read in the order of broker id and number. Aedes makes a random id at each start: then messages from after a
    // restart may stand before older ones. One id for all starts would repeat numbers and overwrite queued messages. So the id
    // counts the starts.
    const boot = Number((await database.get(BOOT_KEY))?.toString() ?? 0) + 1;
    await database.put(BOOT_KEY, Buffer.from(String(boot)));
    const mayReceive = (client: Client, topic: string) => gate?.mayReceive(client, topic) ?? true;
    const broker = new StationBroker(boot, database, new StationPersistence(database, mayReceive), gate);
    broker.#health = health;
    await broker.listen();
    return broker;
  }

  /**
   * Starts a broker beside others on the same Redis. They share sessions: a client that loses one broker goes on at another.
   * Rejects if there is no Redis at this address.
   */
  static async join(redisUrl: string, gate?: ClientGate): Promise<StationBroker> {
    const connections = new RedisConnections(redisUrl);
    const database = await RedisDatabase.open(connections);
    const mayReceive = (client: Client, topic: string) => gate?.mayReceive(client, topic) ?? true;
    const mq = openSharedEmitter(connections, () => broker.catchUp());
    const persistence = new SharedPersistence(database, mayReceive);
    const broker: StationBroker = new StationBroker(await database.increment("boot"), database, persistence, gate, mq);
    broker.#onClosing = () => connections.ending();
    followOtherBrokers(broker);
    await broker.listen();
    return broker;
  }

  private constructor(
    boot: number,
    database: Database,
    persistence: StationPersistence,
    gate: ClientGate | undefined,
    emitter?: object,
  ) {
    super({
      id: `boot-${String(boot).padStart(BOOT_DIGITS, "0")}`,
      persistence,
      ...(emitter && { mq: emitter }),
      heartbeatInterval: HEARTBEAT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      drainTimeout: READER_STALLED_MS,
      preConnect: (client, packet, done) => {
        this.#connects.set(client, packet);
        this.#deliveries.set(client, new OrderedDelivery(client, persistence, this.readers));
        done(null, true);
      },
      authenticate: (client, userName, password, done) => {
        const answer = (code: number | undefined) => {
          if (code === undefined) done(null, true);
          else done(Object.assign(new Error("refused"), { returnCode: code }), null);
        };
        this.#admit(client, userName, password).then(answer, (error: Error) => {
          console.error(`broker: ${JSON.stringify(client.id)} cannot be let in: ${error.message}`);
          answer(CONNACK_CODE.serverUnavailable);
        });
      },
      authorizeSubscribe: (client, subscription, done) => {
        if (!gate || gate.maySubscribe(client, subscription.topic)) done(null, subscription);
        else this.#refuseSubscription(client, subscription.topic, () => done(null, null));
      },
      authorizeForward: (client, packet) =>
        persistence.wasAcknowledged(packet) || (gate && !gate.mayReceive(client, packet.topic)) ? null : packet,
      authorizePublish: (client, packet, done) => this.#beforeAcknowledging(client, packet, done),
    });
    this.#gate = gate;
    this.persistence = persistence;
    this.#database = database;
    this.on("clientReady", (client) => this.#deliveries.get(client)?.ready());
    this.on("subscribe", (_subscriptions, client) => client && this.#deliveries.get(client)?.subscribed());
    this.#keepNewestConnection();
    // Aedes cannot recover from this, for example a failed write. The message was not acknowledged.
    (this as EventEmitter).on("error", (error: Error) => console.error(`broker: ${error.message}`));
    const { mq } = this.#inside;
    mq.on(`${SYSTEM_PREFIX}+/${FORGOTTEN_TOPIC}`, ({ payload }, done) =>
      this.#closeForgotten(payload.toString(), done),
    );
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
   * Serves a connection. Aedes collects a packet of up to 256 MB in memory before it looks at it. Here the connection ends as soon
   * as a packet claims too much.
   */
  accept(connection: Duplex, request?: IncomingMessage): void {
    const client = this.handle(connection, request);
    const { _parser: parser } = client as unknown as ClientInside;
    const parse = parser.parse.bind(parser);
    parser.parse = (bytes) => {
      const rest = parse(bytes);
      const { length } = parser.packet;
      const max = this.#gate?.packetBytesMax(client) ?? MQTT_PACKET_BYTES_MAX;
      if (length > max) parser.emit("error", new Error(`packet of ${length} bytes, at most ${max} are taken`));
      return rest;
    };
    // Aedes closes the connection. The client sends again what was not acknowledged.
    parser.prependListener("packet", (packet: Packet) => {
      if (packet.cmd === "publish" && packet.topic.split("/").length > TOPIC_LEVELS_MAX)
        packet.topic = `${SYSTEM_PREFIX}of more than ${TOPIC_LEVELS_MAX} levels`;
    });
  }

  /** Aedes calls this for every packet after its acknowledgement, for wills, and for its own messages. */
  override publish(packet: PublishPacket, client: unknown, done?: unknown): void {
    const callback = (typeof client === "function" ? client : (done ?? (() => {}))) as Done;
    if (this.#settled.delete(packet)) {
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
   * Whether a client subscribes to exactly this topic, connected or with a kept session. A subscriber with a wildcard does not
   * count: the message is not meant for it.
   */
  async hasSubscriber(topic: string): Promise<boolean> {
    if (await this.persistence.isSubscribed(topic)) return true;
    const connected = (this as unknown as { clients: Record<string, { subscriptions: Record<string, unknown> }> })
      .clients;
    return Object.values(connected).some((client) => client.subscriptions[topic] !== undefined);
  }

  /** Ends the connection of a removed client, at whichever broker it is, and drops its session with all that waits in it. */
  async forget(uid: string): Promise<void> {
    const topic = `${SYSTEM_PREFIX}${this.id}/${FORGOTTEN_TOPIC}`;
    const packet: PublishPacket = {
      cmd: "publish",
      topic,
      payload: Buffer.from(uid),
      qos: 0,
      retain: false,
      dup: false,
    };
    await new Promise<void>((resolve, reject) => {
      this.publish(packet, (error?: Error) => (error ? reject(error) : resolve()));
    });
    await this.persistence.forget(uid);
  }

  /** Disconnects all clients, finishes all writes and closes the database. */
  async shutDown(): Promise<void> {
    this.persistence.closing();
    this.#onClosing();
    await new Promise<void>((resolve) => this.close(resolve));
    await this.#database.close();
  }

  /** Reads the queues of all clients again, for messages whose announcement was lost. */
  catchUp(): void {
    for (const client of Object.values(this.#inside.clients)) this.#deliveries.get(client)?.subscribed();
    (this as EventEmitter).emit("catchUp");
  }

  /** Counts of refusals; undefined without a gate. */
  get refused(): Readonly<GateCounters> | undefined {
    return this.#gate?.refused;
  }

  get #inside(): AedesInside {
    return this as unknown as AedesInside;
  }

  /**
   * A client may come back while its former connection is still closing. In Aedes the end of the former one then removes the new one
   * from the list of clients: its successor would not close it, nor would the end of the broker.
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

  /** Closes a connection without its last will, which would call a removed client offline. */
  #closeForgotten(uid: string, done: () => void): void {
    const client = this.#inside.clients[uid];
    if (client) {
      Object.assign(client, { will: null, _will: null });
      client.close(done);
    } else done();
  }

  /** The return code of CONNACK for a client that may not connect. */
  async #admit(client: Client, userName?: string, password?: Buffer): Promise<number | undefined> {
    const connect = this.#connects.get(client);
    this.#connects.delete(client);
    const clientIdentifier = connect?.clientId ?? "";
    // [MQTT-3.1.3-8]: no client could come back to such a session.
    if (clientIdentifier === "" && connect?.clean === false) return CONNACK_CODE.identifierRejected;
    if (this.#health.failure !== undefined) return CONNACK_CODE.serverUnavailable;
    const will = connect?.will as PublishPacket | undefined;
    const isClean = connect?.clean !== false;
    const code = await this.#gate?.admit(client, { clientIdentifier, isClean, userName, password, will });
    const identity = this.#gate?.identityOf(client);
    if (code !== undefined || !identity) return code;
    const { uid, kind } = identity;
    // Libraries make up client identifiers. In front of one stands its account, so that it is nobody else's.
    if (clientIdentifier !== "" && clientIdentifier !== uid)
      Object.assign(client, { id: `${uid}/${clientIdentifier}` });
    else if (kind === "device" || kind === "person") await this.presubscriptions?.welcome(client);
    return undefined;
  }

  /** A kept session may hold subscriptions that its client may no longer have. */
  #refuseSubscription(client: Client, topic: string, done: () => void): void {
    if (client.clean) done();
    else this.persistence.removeSubscriptions(client, [topic]).then(done, done);
  }

  /**
   * Aedes answers a PUBLISH of QoS 1 with PUBACK and stores it afterwards. A crash between the two loses an acknowledged message.
   * Here it is stored first. `publish` lets it pass when Aedes calls it afterwards.
   */
  #beforeAcknowledging(client: Client | null, packet: PublishPacket, done: Done): void {
    if (packet.qos > 0 && this.#health.failure !== undefined) {
      done(new Error(this.#health.failure));
      return;
    }
    const isRefused = packet.topic.startsWith(SYSTEM_PREFIX)
      ? this.#refuseSystemTopic(client, packet)
      : client && this.#gate && !this.#gate.mayPublish(client, packet);
    if (isRefused) {
      // MQTT 3.1.1 has no negative answer. If the connection were closed, the client would send the message again, for ever.
      this.#settled.add(packet);
      this.#inTime(client, () => done(null));
      return;
    }
    const store = () => {
      if (packet.qos !== 1) {
        done(null);
        return;
      }
      this.#settled.add(packet);
      this.#publish(packet, client, (error) => done(error ?? null));
    };
    this.#inTime(client, () => {
      const payload = Buffer.from(packet.payload);
      if (client && this.#gate?.identityOf(client)?.kind === "presubscriber") this.#presubscribe(packet, payload, done);
      else if (this.inbox?.topic === packet.topic) this.inbox.accept(payload).then(store, done);
      else store();
    });
  }

  /** Topics of messages between brokers. From a client the other brokers would believe them. */
  #refuseSystemTopic(client: Client | null, packet: PublishPacket): true {
    if (client) this.#gate?.refusePublish(client, packet, "topic of the broker's own");
    return true;
  }

  /** Takes a message of the pre-subscriber, which is for the broker alone. A malformed one is acknowledged, so that it does not come again. */
  #presubscribe(packet: PublishPacket, payload: Uint8Array, done: Done): void {
    this.#settled.add(packet);
    const accepted = this.presubscriptions?.accept(payload) ?? Promise.resolve();
    accepted.then(
      () => done(),
      (error: Error) => {
        if (!(error instanceof FormatError)) return done(error);
        console.error(`broker: a pre-subscription is malformed: ${error.message}`);
        done();
      },
    );
  }

  /**
   * Calls back as soon as the client is within its limits. Until then nothing is read from it: a burst waits in its own buffers. Its
   * keep-alive begins anew then.
   */
  #inTime(client: Client | null, goOn: () => void): void {
    const pauseMs = client?.closed ? 0 : ((client && this.#gate?.pauseMs(client)) ?? 0);
    if (pauseMs === 0) {
      goOn();
      return;
    }
    setTimeout(() => {
      (client as unknown as ClientInside | null)?._keepaliveTimer?.refresh();
      goOn();
    }, pauseMs);
  }

  /**
   * Stores and emits messages in the order of the calls. Aedes emits each one as soon as its own writes are done. Its delivery then
   * takes a message with a lower number than the last one for a duplicate, and drops it until the next connection.
   */
  #publish(packet: PublishPacket, client: Client | null, stored: Done, done: Done = () => {}): void {
    const number = this.#inside.counter + 1;
    this.#turns.set(number, { stored });
    // A last will from a former run carries that run's broker id. With a number of this run it could overwrite a message that is
    // queued since then.
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
