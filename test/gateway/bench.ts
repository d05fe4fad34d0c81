import type { GatewayEvent } from "../../src/gateway/event-queue.ts";
import { Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import { parseSettings, type Settings } from "../../src/gateway/settings.ts";
import type { Publish } from "../../src/mqtt/packet.ts";
import type { DrawList } from "../../src/pager/screen/draw-list.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import { encodeText } from "../../src/payload/content.ts";
import { encodeMessage } from "../../src/payload/message.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { MemoryStore } from "../memory-store.ts";
import { sentPackets } from "../sent-packets.ts";
import { fromHex } from "../vectors/vector.ts";

export const IM = "/acme/im/p1";
export const PAGE = "/acme/page/p1";

const PINGRESP = Uint8Array.of(0xd0, 0);

/** A gateway whose broker is played by the test. */
export class Bench {
  /** How many it asks for beside pictures of text, which a screen needs: messages, pages, commands, those of its settings. */
  subscriptions = 3;
  nowMs = 1000;
  readonly store: MemoryStore;
  private readonly hasScreen: boolean;
  readonly gateway: Gateway;
  readonly events: GatewayEvent[] = [];
  /** The lines of each painted screen. */
  readonly screens: string[][] = [];
  /** Draws what is painted. */
  draw: (drawList: DrawList) => void = () => {};
  readonly sent: { type: string; topic?: string; payload?: string; packetIdentifier?: number }[] = [];

  constructor(options: Partial<GatewayOptions> = {}, store = new MemoryStore()) {
    this.store = store;
    this.hasScreen = (options.size?.width ?? 1) > 0;
    this.gateway = new Gateway({
      settings: settingsOf(),
      store,
      random: () => 0.5,
      wallClock: () => 1_700_000_000 + this.nowMs / 1000,
      measureText: (_font, text) => text.length * 8,
      size: { width: 320, height: 240 },
      sensors: [],
      ...options,
    });
  }

  connect(connack = "20020000"): this {
    this.gateway.start(this.nowMs);
    this.drain();
    this.gateway.handleConnected(this.nowMs);
    this.receive(fromHex(connack));
    const subscribe = this.sent.find(({ type }) => type === "subscribe");
    if (subscribe) this.receive(Uint8Array.of(0x90, 2 + this.granted, 0, 1, ...new Uint8Array(this.granted).fill(1)));
    this.receive(fromHex(`4002000${subscribe ? 2 : 1}`));
    return this;
  }

  private get granted(): number {
    return this.subscriptions + (this.hasScreen ? 1 : 0);
  }

  receive(...packets: Uint8Array[]): void {
    const bytes = new Uint8Array(packets.reduce((sum, packet) => sum + packet.length, 0));
    let at = 0;
    for (const packet of packets) {
      bytes.set(packet, at);
      at += packet.length;
    }
    this.gateway.handleBytes(bytes, this.nowMs);
    this.drain();
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.gateway.handleTimeout(this.nowMs);
    this.drain();
  }

  drain(): void {
    let isPainted: boolean;
    do {
      for (let bytes = this.gateway.pollTransmit(); bytes; bytes = this.gateway.pollTransmit()) this.handleSent(bytes);
      for (let event = this.gateway.pollEvent(); event; event = this.gateway.pollEvent()) this.events.push(event);
      const drawList = this.gateway.pollScreen(this.nowMs);
      isPainted = drawList !== undefined;
      if (drawList) {
        this.draw(drawList);
        this.screens.push(screenText(drawList));
        this.gateway.handlePainted(this.nowMs);
      }
    } while (isPainted);
  }

  protected handleSent(bytes: Uint8Array): void {
    this.sent.push(...sentPackets(bytes));
  }

  /** PUBACKs and PUBLISHes since the last call, as text. */
  takeSent(): string[] {
    return this.sent
      .splice(0)
      .map(({ type, topic, payload, packetIdentifier }) =>
        topic === undefined ? `${type} ${packetIdentifier}` : `${topic} ${payload}`,
      );
  }

  /** What was sent since the last call, as text. The broker acknowledges it, and what follows, and answers pings. */
  answer(): string {
    const lines: string[] = [];
    for (let sent = this.sent.splice(0); sent.length > 0; sent = this.sent.splice(0))
      for (const { type, payload, packetIdentifier: id } of sent) {
        lines.push(`${payload}`);
        if (type === "publish" && id) this.receive(Uint8Array.of(0x40, 2, id >> 8, id & 255));
        else if (type === "pingreq") this.receive(PINGRESP);
      }
    return lines.join();
  }

  get screen(): string {
    return this.screens.at(-1)?.join(" | ") ?? "";
  }

  get alerts(): number[] {
    return this.events.flatMap((event) => (event.type === "alert" ? [event.priority] : []));
  }
}

export function publish(topic: string, payload: Uint8Array, extra: Partial<Publish> = {}): Uint8Array {
  const { qos = 1, retain = false, dup = false, packetIdentifier = 7 } = extra;
  const body = [
    0,
    topic.length,
    ...encodeUtf8(topic),
    ...(qos ? [packetIdentifier >> 8, packetIdentifier & 255] : []),
    ...payload,
  ];
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
  return Uint8Array.of(0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0), ...length, ...body);
}

export function im(id: string | undefined, text: string, extra: object = {}): Uint8Array {
  return encodeMessage({
    timestampSeconds: 1_700_000_000,
    imType: 3,
    contents: [encodeText(text, { id, ...extra })],
    sender: "station",
  });
}

/** @param raw settings in place of the defaults of these tests */
export function settingsOf(raw: Readonly<Record<string, unknown>> = {}): Settings {
  const result = parseSettings({
    env: "acme",
    uid: "p1",
    "broker.protocol": "3.1.1",
    "broker.keepAlive": 60,
    "telemetry.interval": 0,
    "screen.dwell": 0,
    "presence.away": 0,
    ...raw,
  });
  if ("errors" in result) throw new Error(result.errors.join("\n"));
  return result.settings;
}
