/**
 * One connection after the other to a broker, or to the nodes of a cluster in turn, as a client of a kept session: MQTT 5 where it
 * can, else 3.1.1. Nothing is carried from one
 * connection to the next: what was not answered is rejected, and its owner sends it again.
 */
import { connect, type IClientOptions, type IConnackPacket, type IPublishPacket, type MqttClient } from "mqtt";
import { describeError } from "../../common/describe-error.ts";
import { BROKER_CONNECT_MS, BROKER_INFLIGHT_MAX, BROKER_RETRY_MS, BROKER_RETRY_MS_MAX } from "../shared/limits.ts";
import type { OwnMessage } from "../shared/message-broker.ts";
import type { BrokerAddress, BrokerNode } from "./broker-address.ts";

/** The broker is not there, or the connection has ended before it has answered. */
export class BrokerAway extends Error {
  /** The status of the HTTP interface's answers. */
  readonly statusCode = 503;
}

export interface LinkHandlers {
  /** A connection is there. */
  handleConnected(protocolVersion: 4 | 5, connack: IConnackPacket): void;
  /** There is none, and why. It is called for each attempt that fails. */
  handleAway(reason: string): void;
  /** The message is acknowledged when it resolves. */
  handleMessage(topic: string, payload: Uint8Array): Promise<void>;
}

export interface LinkOptions {
  readonly address: BrokerAddress;
  readonly clientIdentifier: string;
  readonly handlers: LinkHandlers;
}

const KEEP_ALIVE_SECONDS = 30;
const FOR_EVER_SECONDS = 0xffff_ffff;
/** A connection that lasts so long was a good one: the next wait is short again. */
const STABLE_MS = 10_000;
const PACKET_BYTES_MAX = 1_048_576;
const MQTT_5 = 5;
const MQTT_3_1_1 = 4;

export class BrokerLink {
  readonly #options: LinkOptions;
  readonly #nodes: readonly BrokerNode[];
  /** The node that is connected to, or tried. */
  #at = 0;
  #client: MqttClient | undefined;
  #isConnected = false;
  #isClosed = false;
  #version: 4 | 5 = MQTT_5;
  /** A connection of this version was there. */
  #isVersionKnown = false;
  #attempts = 0;
  #retry: NodeJS.Timeout | undefined;
  /** Publications that were not answered yet; each rejects. */
  readonly #unanswered = new Set<(error: Error) => void>();
  /** Of the present connection. */
  #window = new Window(BROKER_INFLIGHT_MAX);
  #qosMax: 0 | 1 = 1;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#nodes = [options.address, ...(options.address.fallback ?? [])];
    this.#connect();
  }

  /** The node that it is connected to, or tries. */
  get node(): BrokerNode {
    return this.#nodes[this.#at] as BrokerNode;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Resolves when the broker has acknowledged it. Rejects with a `BrokerAway`, or with the broker's refusal. */
  async publish({ topic, payload, qos = 1, retain = false, expirySeconds }: OwnMessage): Promise<void> {
    const client = this.#require();
    const window = this.#window;
    await window.enter();
    try {
      if (client !== this.#client) throw away();
      const properties =
        this.#version === MQTT_5 && expirySeconds !== undefined ? { messageExpiryInterval: expirySeconds } : {};
      const options = { qos: Math.min(qos, this.#qosMax) as 0 | 1, retain, properties };
      await this.#unlessAway(client.publishAsync(topic, Buffer.from(payload), options));
    } finally {
      window.leave();
    }
  }

  /** The QoS that is granted. undefined: the broker refuses. Rejects with a `BrokerAway`. */
  async subscribe(filter: string, qos: 1 | 2 = 1): Promise<0 | 1 | 2 | undefined> {
    try {
      const [granted] = await this.#unlessAway(this.#require().subscribeAsync(filter, { qos }));
      return granted === undefined || granted.qos > 2 ? undefined : (granted.qos as 0 | 1 | 2);
    } catch (error) {
      if (error instanceof BrokerAway) throw error;
      return undefined;
    }
  }

  async unsubscribe(filter: string): Promise<void> {
    await this.#unlessAway(this.#require().unsubscribeAsync(filter));
  }

  /** Says goodbye. The session stays. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    const client = this.#client;
    const wasConnected = this.#isConnected;
    this.#lose();
    await client?.endAsync(!wasConnected);
  }

  #require(): MqttClient {
    if (!this.#client || !this.#isConnected) throw away();
    return this.#client;
  }

  #unlessAway<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#unanswered.add(reject);
      answer.then(resolve, reject).finally(() => this.#unanswered.delete(reject));
    });
  }

  #connect(): void {
    const { address, clientIdentifier, handlers } = this.#options;
    const { host, port } = this.node;
    const { isSecure, userName, password, authorities } = address;
    const version = this.#version;
    const options: IClientOptions = {
      protocol: isSecure ? "mqtts" : "mqtt",
      host,
      port,
      clientId: clientIdentifier,
      protocolVersion: version,
      clean: false,
      keepalive: KEEP_ALIVE_SECONDS,
      connectTimeout: BROKER_CONNECT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      ...(userName !== "" && { username: userName, password }),
      ...(authorities !== undefined && { ca: authorities }),
      ...(version === MQTT_5 && {
        properties: { sessionExpiryInterval: FOR_EVER_SECONDS, maximumPacketSize: PACKET_BYTES_MAX },
      }),
    };
    const client = connect(options);
    let problem = "the broker closed the connection";
    let isReached = false;
    let connectedMs = 0;
    this.#client = client;
    client.stream.once(isSecure ? "secureConnect" : "connect", () => {
      isReached = true;
    });
    client.handleMessage = (packet: IPublishPacket, callback) => {
      handlers.handleMessage(packet.topic, packet.payload as Buffer).then(
        () => callback(),
        (error: Error) => callback(error),
      );
    };
    client.on("connect", (connack) => {
      connectedMs = performance.now();
      this.#isVersionKnown = true;
      this.#isConnected = true;
      const { receiveMaximum = BROKER_INFLIGHT_MAX, maximumQoS = 1 } = connack.properties ?? {};
      this.#window = new Window(Math.min(BROKER_INFLIGHT_MAX, receiveMaximum));
      this.#qosMax = Math.min(1, maximumQoS) as 0 | 1;
      handlers.handleConnected(version, connack);
    });
    client.on("disconnect", ({ reasonCode }) => {
      problem = `the broker ended the connection with reason code ${reasonCode}`;
    });
    client.on("error", (error) => {
      problem = describeError(error);
    });
    client.on("close", () => {
      if (client !== this.#client) return;
      const isStable = connectedMs > 0 && performance.now() - connectedMs >= STABLE_MS;
      if (isStable) this.#attempts = 0;
      // A broker that knows only one version refuses the other one, or hangs up.
      if (isReached && connectedMs === 0 && !this.#isVersionKnown)
        this.#version = version === MQTT_5 ? MQTT_3_1_1 : MQTT_5;
      this.#lose();
      client.end(true);
      if (this.#isClosed) return;
      handlers.handleAway(problem);
      this.#at = (this.#at + 1) % this.#nodes.length;
      this.#retryLater();
    });
  }

  #lose(): void {
    this.#client = undefined;
    this.#isConnected = false;
    // Those that wait to be sent find that the connection is another one.
    this.#window.open();
    for (const reject of [...this.#unanswered]) reject(away());
    this.#unanswered.clear();
  }

  /** Doubles, with full jitter: stations and devices come back at the same time. */
  #retryLater(): void {
    const waitMs = Math.min(BROKER_RETRY_MS_MAX, BROKER_RETRY_MS * 2 ** this.#attempts);
    this.#attempts = Math.min(this.#attempts + 1, 16);
    this.#retry = setTimeout(() => this.#connect(), (0.5 + Math.random() / 2) * waitMs);
  }
}

/** So many may be inside at a time. */
class Window {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  async enter(): Promise<void> {
    while (this.#free <= 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free -= 1;
  }

  leave(): void {
    this.#free += 1;
    this.#waiting.shift()?.();
  }

  /** Lets everyone in. */
  open(): void {
    this.#free = Number.POSITIVE_INFINITY;
    for (const enter of this.#waiting.splice(0)) enter();
  }
}

function away(): BrokerAway {
  return new BrokerAway("the broker is away");
}
