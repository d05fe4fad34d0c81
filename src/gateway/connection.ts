/**
 * The connection to the broker: its session, the brokers that it may go to, what is learned of the network, and what the screen says
 * while there is none.
 */
import type { BackoffLimits } from "../connection/backoff.ts";
import type { Subscription } from "../mqtt/packet.ts";
import { Session } from "../mqtt/session.ts";
import { Brokers } from "./brokers.ts";
import { type Device, keeping } from "./device.ts";
import type { Link, LinkTrouble } from "./display.ts";
import type { Line, LineEvent, MakeLine } from "./line.ts";
import { NetworkRecord } from "./network-record.ts";
import { OFFLINE } from "./presence-source.ts";

export interface ConnectionOptions {
  /**
   * Names the network, for example by its SSID. What is learned of one network does not hold for another. Default: the only
   * one.
   */
  readonly network?: string | undefined;
  readonly backoff?: BackoffLimits | undefined;
  /** Makes the line where the setting `broker.protocol` is `xmpp`. A host without it refuses that setting. */
  readonly makeXmppLine?: MakeLine | undefined;
}

const CONNECTING: LinkTrouble = Object.freeze({ what: "connecting", why: "", isBrokerAway: true });

export class Connection {
  readonly session: Line;
  /** Why there is no network. undefined: there is one, as far as is known. */
  networkTrouble: LinkTrouble | undefined;
  /** Why there is no connection to the broker. */
  private brokerTrouble = CONNECTING;
  private readonly device: Device;
  private readonly brokers: Brokers;
  private networkRecord: NetworkRecord;

  /** @param subscriptions empty where the station subscribes */
  constructor(device: Device, subscriptions: readonly Subscription[], options: ConnectionOptions) {
    const { network = "", backoff, makeXmppLine } = options;
    const { settings, store, random, topics } = device;
    const { broker } = settings;
    this.device = device;
    this.brokers = new Brokers([broker, ...settings.fallbackBrokers], store, subscriptions);
    this.networkRecord = new NetworkRecord(store, network);
    const { record } = this.brokers.current;
    const { protocol } = broker;
    if (protocol === "xmpp") {
      this.session = (makeXmppLine as MakeLine)(device, options, this.networkRecord.learned);
      return;
    }
    this.session = new Session(
      {
        clientIdentifier: settings.uid,
        keepAliveSeconds: broker.keepAliveSeconds,
        keepAliveMinSeconds: broker.keepAliveMinSeconds,
        learnedInterval: this.networkRecord.learned,
        userName: broker.userName,
        password: broker.password,
        will: { topic: topics.presence, payload: OFFLINE, qos: 1, retain: true },
        subscriptions,
        held: record.held,
        protocol,
        knownLevel: record.protocolLevel,
        store,
        backoff,
      },
      random,
    );
  }

  get link(): Link {
    return this.session.isConnected ? "online" : (this.networkTrouble ?? this.brokerTrouble);
  }

  /** When to call `returnToPreferred`. */
  get returnMs(): number | undefined {
    return this.session.isConnected ? this.brokers.returnMs : undefined;
  }

  /** The transport is open, and CONNECT is about to leave. */
  handleConnecting(): void {
    // Nothing is remembered of a server of XMPP: it holds no subscriptions.
    if (this.device.settings.broker.protocol === "xmpp") return;
    keeping(this.device, () => this.brokers.current.record.handleConnecting());
  }

  /** There is a network. @param name undefined: the same one */
  handleNetwork(name: string | undefined): void {
    this.networkTrouble = undefined;
    if (name === undefined || name === this.networkRecord.network) return;
    this.networkRecord = new NetworkRecord(this.device.store, name);
    this.session.handleOtherNetwork(this.networkRecord.learned);
  }

  /**
   * Leaves a fall-back for the preferred broker. It sends no DISCONNECT, so that the will there says that the device has gone.
   */
  returnToPreferred(nowMs: number): void {
    const { isConnected, outboxCount } = this.session;
    if (isConnected && this.brokers.beginReturn(outboxCount, nowMs))
      this.session.restart("back to the preferred broker", nowMs);
  }

  /** Notes what the event says of broker and network. Returns whether the next attempt goes to another broker. */
  handleEvent(event: LineEvent, nowMs: number): boolean {
    const { device, brokers } = this;
    const { counters, events } = device;
    const { broker, record } = brokers.current;
    switch (event.type) {
      case "open":
        if (broker.isInsecure)
          events.log(
            `warning: broker.insecure: the certificate is not checked, so anybody may answer at ${brokers.address}`,
          );
        events.tell({ type: "open", broker: this.session.addressed?.(broker) ?? broker });
        break;
      case "secure":
      case "close":
        events.tell(event);
        break;
      case "connected":
        brokers.handleConnected(nowMs);
        if (event.protocolLevel) {
          const level = event.protocolLevel;
          keeping(device, () => record.handleConnected(level, event.sessionPresent));
        }
        events.log(
          `connected to ${brokers.address}, ${event.words ?? `MQTT ${event.protocolLevel === 5 ? "5" : "3.1.1"}`}, session ${event.sessionPresent ? "present" : "new"}`,
        );
        break;
      case "disconnected":
        counters.disconnections += 1;
        events.log(`disconnected: ${event.reason}; next attempt in ${(event.retryMs / 1000).toFixed(1)} s`);
        // An attempt that follows at once goes to the same broker, with less in CONNECT. That is no trouble yet.
        if (event.retryMs === 0) break;
        this.brokerTrouble = { what: "no broker", why: event.reason, isBrokerAway: true };
        if (!brokers.handleDisconnected()) break;
        this.changeBroker();
        return true;
      case "subscribed":
        keeping(device, () => record.setHeld(this.session.held));
        counters.notSubscribed = event.granted ? 0 : 1;
        if (event.reason) events.log(`the broker did not grant all subscriptions: ${event.reason}`);
        break;
      case "intervalLearned":
        keeping(device, () => this.networkRecord.write(event.learned));
        break;
    }
    return false;
  }

  /** It is another broker's turn. What is remembered of that broker holds now. */
  private changeBroker(): void {
    const { record } = this.brokers.current;
    this.session.handleBrokerChanged(record.held, record.protocolLevel);
    this.device.events.log(`the next broker is ${this.brokers.address}`);
  }
}
