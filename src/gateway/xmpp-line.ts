/** XMPP as a line of the gateway. What crosses it are messages, receipts and presence. A program that does not name it carries none of it. */

import type { LearnedInterval } from "../connection/interval-learner.ts";
import { CONTENTS_MAX, OUTBOX_MESSAGES_MAX, REDIRECTS_MAX } from "../limits.ts";
import type { Publish } from "../mqtt/packet.ts";
import { NO_PROPERTIES } from "../mqtt/properties.ts";
import type { PublishOptions } from "../mqtt/session-types.ts";
import { encodeReceipt } from "../payload/content.ts";
import { decodeMessage, encodeMessage, IM_TYPE } from "../payload/message.ts";
import { decodePresence } from "../payload/presence.ts";
import { Session } from "../xmpp/session.ts";
import type { Outgoing, SessionEvent } from "../xmpp/session-types.ts";
import type { ConnectionOptions } from "./connection.ts";
import type { Device } from "./device.ts";
import type { Line, LineEvent } from "./line.ts";
import { hostOf } from "./setting.ts";
import type { BrokerSettings } from "./settings.ts";
import { Addresses } from "./xmpp-addresses.ts";
import { contentsOf, messagePayload, presencePayload, stanzaPresence } from "./xmpp-payloads.ts";

/** What a stanza that came is called in the place of a packet. */
const PUBLISH = Object.freeze({ type: "publish", qos: 1, dup: false, properties: NO_PROPERTIES } as const);

export function makeXmppLine(
  device: Device,
  options: Pick<ConnectionOptions, "backoff">,
  learned: LearnedInterval | undefined,
): Line {
  return new XmppLine(device, options, learned);
}

/** How TLS begins. A WebSocket is refused with the settings. */
const TLS_OF: Readonly<Record<BrokerSettings["transport"], "none" | "starttls" | "direct">> = Object.freeze({
  tcp: "none",
  starttls: "starttls",
  tls: "direct",
  ws: "none",
  wss: "none",
});

class XmppLine implements Line {
  /** There are no subscriptions. */
  readonly held = NOTHING;
  private readonly device: Device;
  private readonly addresses: Addresses;
  private readonly session: Session;
  private readonly events: LineEvent[] = [];
  private redirect: string | undefined;
  private redirectCount = 0;
  /** Of what is taken without leaving. It is beyond the tokens of the session. */
  private ownToken = OWN_TOKENS;

  constructor(device: Device, { backoff }: Pick<ConnectionOptions, "backoff">, learned: LearnedInterval | undefined) {
    const { settings, random } = device;
    const { broker } = settings;
    this.device = device;
    this.addresses = new Addresses(settings);
    this.session = new Session(
      {
        jid: this.addresses.own,
        password: broker.password,
        resource: settings.uid,
        tls: TLS_OF[broker.transport],
        mayRegister: broker.registers,
        contacts: settings.contacts.map((uid) => this.addresses.jidOf(uid)),
        keepAliveSeconds: broker.keepAliveSeconds,
        keepAliveMinSeconds: broker.keepAliveMinSeconds,
        learnedInterval: learned,
        backoff,
      },
      random,
    );
  }

  get isConnected(): boolean {
    return this.session.isConnected;
  }

  get outboxCount(): number {
    return this.session.outboxCount;
  }

  get isDrained(): boolean {
    return this.session.isDrained;
  }

  get canReceive(): boolean {
    return this.session.canReceive;
  }

  start(nowMs: number): void {
    this.session.start(nowMs);
  }

  /** The end of the stream is the will: the server tells the contacts. */
  stop(nowMs: number): void {
    this.session.stop(nowMs);
  }

  restart(reason: string, nowMs: number): void {
    this.session.restart(reason, nowMs);
  }

  handleConnected(nowMs: number): void {
    this.session.handleConnected(nowMs);
  }

  handleBytes(bytes: Uint8Array, nowMs: number): void {
    this.session.handleBytes(bytes, nowMs);
  }

  setReading(isReading: boolean, nowMs: number): void {
    this.session.setReading(isReading, nowMs);
  }

  handleClosed(reason: string, nowMs: number, isRefusal = false): void {
    this.session.handleClosed(reason, nowMs, isRefusal);
  }

  handleTimeout(nowMs: number): void {
    this.session.handleTimeout(nowMs);
  }

  handleOtherNetwork(learned: LearnedInterval | undefined): void {
    this.session.handleOtherNetwork(learned);
  }

  handleNetworkChanged(nowMs: number): void {
    this.session.handleNetworkChanged(nowMs);
  }

  handleBrokerChanged(): void {
    this.session.handleServerChanged();
  }

  /** There is room for as many receipts as one message of MQTT holds. */
  canPublish(): boolean {
    return this.session.isConnected && this.session.outboxCount + CONTENTS_MAX <= OUTBOX_MESSAGES_MAX;
  }

  publish({ topic, payload }: PublishOptions, nowMs: number): number | undefined {
    const stanzas = this.stanzasOf(topic, payload as Uint8Array);
    let token: number | undefined;
    // The server takes them in order. It has all of them when it has the last.
    for (const stanza of stanzas) token = this.session.send(stanza, nowMs);
    if (stanzas.length > 0) return token;
    this.ownToken += 1;
    this.events.push({ type: "acknowledged", token: this.ownToken });
    return this.ownToken;
  }

  acknowledge(token: number): void {
    this.session.acknowledge(token);
  }

  /** The host to which the server has sent us once. It must have the certificate of our domain. */
  addressed(broker: BrokerSettings): BrokerSettings {
    const [, before = "", port = ""] = this.redirect?.match(/^(.+?)(?::(\d+))?$/) ?? [];
    const host = hostOf(before);
    this.redirect = undefined;
    const serverName = broker.serverName || this.addresses.domain;
    return { ...broker, serverName, ...(host && { host, port: Number(port || broker.port) }) };
  }

  pollEvent(): LineEvent | undefined {
    for (;;) {
      const own = this.events.shift();
      if (own) return own;
      const event = this.session.pollEvent();
      const told = event && this.translate(event);
      if (told || !event) return told;
    }
  }

  pollTransmit(): Uint8Array | undefined {
    return this.session.pollTransmit();
  }

  pollTimeout(): number | undefined {
    return this.session.pollTimeout();
  }

  /** What is sent in the place of a message of MQTT. None: what has no place here, and receipts that nobody has asked for. */
  private stanzasOf(topic: string, payload: Uint8Array): readonly Outgoing[] {
    const { topics } = this.device;
    if (topic === topics.presence) return [stanzaPresence(decodePresence(payload))];
    const uid = topics.uidOfMessages(topic);
    return uid === undefined ? [] : contentsOf(decodeMessage(payload), this.addresses.jidOf(uid), payload);
  }

  private translate(event: SessionEvent): LineEvent | undefined {
    const { topics, events, wallClock } = this.device;
    switch (event.type) {
      case "connected":
        this.redirectCount = 0;
        return {
          type: "connected",
          sessionPresent: event.isResumed,
          words: `XMPP, ${event.mechanism}, as ${event.jid}`,
        };
      case "disconnected":
        this.redirectCount += event.redirect === undefined ? 0 : 1;
        this.redirect = this.redirectCount > REDIRECTS_MAX ? undefined : event.redirect;
        return event;
      case "registered":
        events.log(`registered ${this.addresses.own} at the server`);
        return undefined;
      case "message": {
        const sender = this.addresses.uidOf(event.message.from);
        const payload = messagePayload(event.message, sender, Math.floor(wallClock() ?? 0));
        return this.come(topics.messages, payload, event.token);
      }
      case "receipt": {
        const sender = this.addresses.uidOf(event.from);
        const contents = [encodeReceipt(event.id, event.stage, event.answer)];
        const payload = encodeMessage({ timestampSeconds: 0, imType: IM_TYPE.receipt, contents, sender });
        return this.come(topics.messages, payload, 0);
      }
      case "presence":
        return this.come(topics.presenceOf(this.addresses.uidOf(event.from)), presencePayload(event), 0);
      case "oversize":
        return {
          type: "oversize",
          message: {
            ...PUBLISH,
            type: "largePublish",
            topic: topics.messages,
            retain: false,
            packetIdentifier: 0,
            packetBytes: event.bytes,
          },
        };
      case "bounced":
        return { type: "rejected", token: 0, reason: `${event.from}: ${event.reason}` };
      case "result":
        return undefined;
      default:
        return event;
    }
  }

  /** @param token 0: nobody waits for an answer. A presence is what holds now, as a retained one. */
  private come(topic: string, payload: Uint8Array, token: number): LineEvent {
    const isPresence = topic !== this.device.topics.messages;
    const message: Publish = { ...PUBLISH, topic, payload, retain: isPresence, packetIdentifier: token };
    return { type: "message", message, token };
  }
}

const NOTHING = Object.freeze([]);
/** Far above all that a session counts in the life of a device. */
const OWN_TOKENS = 2 ** 40;
