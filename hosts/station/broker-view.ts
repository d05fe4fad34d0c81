/** Reads from the broker what the station needs: messages that pass, connections, subscriptions. Changes nothing. */
import type { AedesPublishPacket, Client } from "aedes";
import type { StationBroker } from "./broker.ts";
import type { DeviceConnection } from "./device.ts";

/** Members of Aedes that its types leave out. */
interface ClientInside {
  readonly version: number | null;
  readonly _keepaliveInterval: number;
  readonly conn: { readonly remoteAddress?: string };
  readonly req?: { readonly socket?: { readonly remoteAddress?: string } };
}

const PROTOCOLS: Readonly<Record<number, string>> = Object.freeze({ 3: "MQTT 3.1", 4: "MQTT 3.1.1", 5: "MQTT 5" });
/** Aedes waits for one and a half times the keep-alive. */
const KEEP_ALIVE_MS_FACTOR = 1_500;

export class BrokerView {
  /** Asks the other brokers for a device's connection; undefined if this is the only broker. */
  askOthers: ((uid: string) => Promise<DeviceConnection | undefined>) | undefined;
  readonly #broker: StationBroker;
  readonly #sinceMs = new WeakMap<Client, number>();

  constructor(broker: StationBroker) {
    this.#broker = broker;
    broker.on("clientReady", (client) => this.#sinceMs.set(client, Date.now()));
  }

  /** Calls back with the retained messages of this topic filter, then with every message that matches it. */
  async watch(topicFilter: string, onMessage: (topic: string, payload: Uint8Array) => void): Promise<void> {
    const take = ({ topic, payload }: Pick<AedesPublishPacket, "topic" | "payload">) =>
      onMessage(topic, Buffer.from(payload));
    await new Promise<void>((resolve) => {
      this.#broker.subscribe(
        topicFilter,
        (packet, done) => {
          take(packet);
          done();
        },
        resolve,
      );
    });
    for await (const packet of this.#broker.persistence.createRetainedStreamCombi([topicFilter])) take(packet);
  }

  /** Undefined if the device is not connected. */
  async connectionOf(uid: string): Promise<DeviceConnection | undefined> {
    return this.ownConnectionOf(uid) ?? (await this.askOthers?.(uid));
  }

  /** Undefined if the device is not connected to this process. */
  ownConnectionOf(uid: string): DeviceConnection | undefined {
    const client = this.#clients[uid];
    if (!client?.connected) return undefined;
    const inside = client as unknown as ClientInside;
    return {
      protocol: PROTOCOLS[inside.version ?? 4] ?? `MQTT ${inside.version}`,
      keepAliveSeconds: Math.round(inside._keepaliveInterval / KEEP_ALIVE_MS_FACTOR) || 0,
      address: inside.conn.remoteAddress ?? inside.req?.socket?.remoteAddress ?? "",
      sinceMs: this.#sinceMs.get(client) ?? Date.now(),
    };
  }

  /** Topic filters of its kept session, or of its connection. */
  async subscriptionsOf(uid: string): Promise<readonly string[]> {
    const kept = await this.#broker.persistence.subscriptionsByClient({ id: uid });
    const connected = Object.keys(this.#clients[uid]?.subscriptions ?? {});
    return [...new Set([...(kept ?? []).map(({ topic }) => topic), ...connected])].sort();
  }

  get #clients(): Record<string, (Client & { readonly subscriptions: Record<string, unknown> }) | undefined> {
    return (this.#broker as unknown as { clients: never }).clients;
  }
}
