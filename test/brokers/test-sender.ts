/** A sender as a user might write it, with MQTT.js. It sends pushes and collects their receipts. */
import { connectAsync, type MqttClient } from "mqtt";
import { decodeReceipts, encodePush, type PushContent } from "../wire.ts";
import type { Broker } from "./broker.ts";

export interface SeenPresence {
  readonly hex: string;
  /** The broker had it already when the sender subscribed. */
  readonly retained: boolean;
}

export interface TestSenderOptions {
  readonly env?: string;
  readonly uid?: string;
  readonly login?: Broker["login"];
}

export class TestSender {
  readonly client: MqttClient;
  /** Presence of the pager, in order of arrival. */
  readonly presence: SeenPresence[] = [];
  readonly #env: string;
  readonly #uid: string;
  /** How often each state was told, by id. */
  readonly #receipts = new Map<string, Map<string, number>>();

  private constructor(client: MqttClient, env: string, uid: string) {
    this.client = client;
    this.#env = env;
    this.#uid = uid;
  }

  /** Connects, and subscribes to its own receipts and the presence of `pager`. */
  static async connect(port: number, pager: string, options: TestSenderOptions = {}): Promise<TestSender> {
    const { env = "field", uid = "sender-1", login } = options;
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
      clientId: uid,
      reconnectPeriod: 100,
      ...(login ? { username: login.userName, password: login.password } : {}),
    });
    const sender = new TestSender(client, env, uid);
    client.on("message", (topic, payload, packet) => {
      if (topic.startsWith(`/${env}/pres/`)) sender.#seePresence(payload, packet.retain);
      else sender.#seeReceipt(payload);
    });
    client.on("error", () => {});
    await client.subscribeAsync([`/${env}/im/${uid}`, `/${env}/pres/${pager}`], { qos: 1 });
    return sender;
  }

  /** Sends a push. Resolves when the broker has taken it. */
  async push(pager: string, push: PushContent): Promise<void> {
    const payload = Buffer.from(encodePush(this.#uid, push));
    await this.client.publishAsync(`/${this.#env}/im/${pager}`, payload, { qos: 1 });
  }

  /** How many ids have reached this state. */
  countOf(state: string): number {
    let count = 0;
    for (const states of this.#receipts.values()) if (states.has(state)) count += 1;
    return count;
  }

  /** The states of one id, in the order in which they first came. */
  statesOf(id: string): string[] {
    return [...(this.#receipts.get(id)?.keys() ?? [])];
  }

  async stop(): Promise<void> {
    await this.client.endAsync(true);
  }

  #seePresence(payload: Buffer, retained: boolean): void {
    this.presence.push({ hex: payload.toString("hex"), retained });
  }

  #seeReceipt(payload: Buffer): void {
    for (const { id, state } of decodeReceipts(payload)) {
      const states = this.#receipts.get(id) ?? new Map<string, number>();
      this.#receipts.set(id, states.set(state, (states.get(state) ?? 0) + 1));
    }
  }
}
