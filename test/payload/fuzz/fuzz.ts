/**
 * Feeds payloads to every reader of the wire format, to the decode command, and to a whole device. Only a `FormatError` may be
 * thrown, and its place must lie in the payload. Nothing may hang or grow. The device must acknowledge each message. It refuses
 * what the decode command refuses, and nothing else. It shows all words of the others, and draws no unprintable character.
 */

import { generate } from "mqtt-packet";
import { describePayload } from "../../../hosts/station/decode/describe-payload.ts";
import { decodeTelemetry } from "../../../hosts/station/decode/telemetry.ts";
import { FormatError } from "../../../src/errors.ts";
import { Gateway } from "../../../src/gateway/gateway.ts";
import { readMessage, readPlainPage } from "../../../src/gateway/incoming.ts";
import { parseSettings, type Settings } from "../../../src/gateway/settings.ts";
import { StoredSettings } from "../../../src/gateway/stored-settings.ts";
import { EVENTS_MAX, INBOX_BYTES_MAX, INBOX_RECORDS_MAX, PACKET_BYTES_MAX } from "../../../src/limits.ts";
import type { InboxMessage } from "../../../src/pager/inbox-message.ts";
import { decodeCommand, decodeCommandHead } from "../../../src/payload/command.ts";
import { decodeContent, decodeContents, decodePlainPage, type MessageKeys } from "../../../src/payload/content.ts";
import { decodeMessage, encodeMessage } from "../../../src/payload/message.ts";
import { decodePictureRequest, encodePictureRequest } from "../../../src/payload/optional/message-picture.ts";
import {
  decodeDirectoryLine,
  decodePresubscription,
  encodePresubscription,
} from "../../../src/payload/optional/presubscription.ts";
import { decodeRasterRequest, encodeRasterRequest } from "../../../src/payload/optional/raster.ts";
import { decodePresence, encodePresence } from "../../../src/payload/presence.ts";
import { decodeSetupCode, encodeSetupCode } from "../../../src/payload/setup-code.ts";
import { printableLine } from "../../../src/printable.ts";
import { encodeUtf8 } from "../../../src/utf8.ts";
import { MemoryStore } from "../../memory-store.ts";
import { seededRandom } from "../../random.ts";
import { type SentPacket, sentPackets } from "../../sent-packets.ts";
import { readPicture, writePicture } from "../../vectors/message-picture.ts";
import { readReply, writeReply } from "../../vectors/raster.ts";
import { describeValue, fromHex, toHex } from "../../vectors/vector.ts";
import { fuzzPayload, KINDS, type Kind } from "./grammar.ts";

/** After so many inputs the device is a new one. So an input can be replayed by its number alone. */
const DEVICE_INPUTS = 1_000;
/** Time limit of one input, in milliseconds: hundreds of times what the slowest needs. */
const HANG_MS = 2_000;
const STEPS_MAX = 1_000;
/** Bytes of a PUBLISH beside topic and payload: type 1, remaining length 2, length of the topic 2, packet identifier 2. */
const PUBLISH_HEAD_BYTES = 7;

export interface FuzzOutcome {
  readonly inputs: number;
  /** Numbers of payloads that were read, and of those that were refused. */
  readonly counts: Readonly<Record<"read" | "refused", number>>;
  /** One sentence for each input that broke a promise, with the input. */
  readonly violations: readonly string[];
}

/** @param first number of the first input. A device begins at each multiple of `DEVICE_INPUTS`, and replays from there. */
export function fuzz(first: number, inputs: number): FuzzOutcome {
  const counts = { read: 0, refused: 0 };
  const violations: string[] = [];
  for (let block = first - (first % DEVICE_INPUTS); block < first + inputs; block += DEVICE_INPUTS) {
    const random = seededRandom(block + 1);
    const device = new FuzzedDevice(random);
    for (let number = block; number < Math.min(block + DEVICE_INPUTS, first + inputs); number += 1) {
      const kind = KINDS[number % KINDS.length] as Kind;
      const payload = fuzzPayload(random, kind);
      const beganMs = performance.now();
      try {
        counts[read(kind, payload) ? "read" : "refused"] += 1;
        const topic = TOPICS[kind] || "/field/im/p";
        const verdict = device.feed(topic, payload);
        if (["message", "page", "command", "presence"].includes(kind)) agrees(topic, payload, verdict);
        if (verdict === "taken" && (kind === "message" || kind === "page")) keepsWords(kind, payload);
        if (performance.now() - beganMs > HANG_MS) throw new Error(`took ${performance.now() - beganMs} ms`);
      } catch (error) {
        violations.push(`input ${number}, ${kind} ${toHex(payload).slice(0, 400)}: ${(error as Error).stack}`);
        break;
      }
    }
  }
  return { inputs, counts, violations };
}

const TOPICS: Readonly<Record<Kind, string>> = {
  presence: "/field/pres/q",
  message: "/field/im/p",
  page: "/field/page/p",
  receipt: "/field/page/p/receipt",
  telemetry: "/field/tele/p",
  presubscription: "/connect/presub",
  directory: "",
  uid: "/connect/new",
  command: "/field/cmd/p",
  result: "/field/cmd/p/result",
  setup: "",
  raster: "/field/raster/p",
  reply: "/field/raster/p/reply",
  picture: "/field/raster/p",
  piece: "/field/raster/p/reply",
};

/** Reads a payload in every way. A value that can be written must be read back as the same. */
function read(kind: Kind, payload: Uint8Array): boolean {
  const ways: Record<Kind, (() => unknown)[]> = {
    presence: [() => sameAgain(payload, decodePresence, encodePresence)],
    message: [() => sameAgain(payload, decodeMessage, encodeMessage)],
    page: [() => decodePlainPage(payload)],
    receipt: [0, 1, 4, 5].map((contentType) => () => decodeContent({ contentType, content: payload })),
    telemetry: [() => decodeTelemetry(payload)],
    presubscription: [() => sameAgain(payload, decodePresubscription, encodePresubscription)],
    directory: [() => decodeDirectoryLine(payload)],
    uid: [],
    command: [() => decodeCommand(decodeCommandHead(payload))],
    result: [],
    raster: [() => sameAgain(payload, decodeRasterRequest, encodeRasterRequest)],
    reply: [() => sameAgain(payload, readReply, writeReply)],
    picture: [() => sameAgain(payload, decodePictureRequest, encodePictureRequest)],
    piece: [() => sameAgain(payload, readPicture, writePicture)],
    setup: [() => sameAgain(payload, decodeSetupCode, (settings) => encodeUtf8(encodeSetupCode(settings)))],
  };
  const words = TOPICS[kind] === "" ? [] : [() => describePayload(TOPICS[kind], payload)];
  let isRead = false;
  for (const way of [...ways[kind], ...words]) {
    try {
      way();
      isRead = true;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      if (error.field === "" || !(error.offset >= 0 && error.offset <= payload.length))
        throw new Error(`a place outside of ${payload.length} bytes: ${error.message}`);
    }
  }
  return isRead;
}

/** Checks that the device refuses what the decode command refuses, and nothing else. */
function agrees(topic: string, payload: Uint8Array, verdict: "taken" | "refused" | "skipped"): void {
  let words = "";
  try {
    words = describePayload(topic, payload).join("; ");
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    // The device reads only the id of a command that was done before.
    if (verdict === "taken" && topic !== TOPICS.command)
      throw new Error(`taken by the device, and by the decode command: ${error.message}`);
    return;
  }
  if (verdict === "refused") throw new Error(`refused by the device, and decoded: ${words}`);
}

/** Throws if words of the payload are missing in the message that is shown. */
function keepsWords(kind: "message" | "page", payload: Uint8Array): void {
  const words: string[] = [];
  const add = ({ title = "", uri = "" }: MessageKeys, ...texts: readonly string[]) => words.push(title, uri, ...texts);
  let message: InboxMessage | undefined;
  if (kind === "page") {
    message = readPlainPage(payload, 0);
    const page = decodePlainPage(payload);
    if (page) add(page.keys, page.text);
  } else {
    message = readMessage(payload, undefined, 0).message;
    const contents = decodeContents(decodeMessage(payload).contents, payload);
    const first = contents.find((content) => content.type !== "receipt");
    if (first) add(first.keys);
    for (const content of contents) {
      if (content.type === "text") words.push(content.text);
      else if (content.type !== "other" && content.type !== "receipt") words.push(content.link);
    }
  }
  // The link of a picture stands in its place where the picture cannot be had.
  const shown = message ? `${message.title ?? ""}\n${message.text}\n${message.picture ?? ""}` : "";
  for (const word of words)
    if (!printableLine(shown).includes(printableLine(word).trim()))
      throw new Error(`lost ${JSON.stringify(word)} of ${JSON.stringify(shown)}`);
}

const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Noncharacter_Code_Point}]/u;

function sameAgain<Value>(
  payload: Uint8Array,
  decode: (payload: Uint8Array) => Value,
  encode: (value: Value) => Uint8Array,
): void {
  const value = decode(payload);
  const again = describeValue(decode(encode(value)));
  if (again !== describeValue(value)) throw new Error(`written and read again: ${again}`);
}

/** A whole device with its screen. The broker sends it each payload with QoS 1. */
class FuzzedDevice {
  readonly #gateway: Gateway;
  readonly #store = new MemoryStore();
  #nowMs = 1_000;
  #identifier = 0;

  constructor(random: () => number) {
    const raw = { uid: "p", "broker.protocol": "3.1.1", "telemetry.interval": 0, "screen.dwell": 0 };
    const { settings } = parseSettings(raw) as { settings: Settings };
    this.#gateway = new Gateway({
      settings,
      storedSettings: new StoredSettings(this.#store, raw),
      store: this.#store,
      random,
      wallClock: () => 1_700_000_000 + this.#nowMs / 1_000,
      measureText: (_font, text) => text.length * 8,
      size: { width: 320, height: 240 },
      sensors: [],
    });
    this.#gateway.start(this.#nowMs);
    this.#drain();
    this.#gateway.handleConnected(this.#nowMs);
    this.#drain();
    this.#gateway.handleBytes(fromHex("20020100"), this.#nowMs);
    this.#drain();
  }

  /** Sends a payload to the device. Returns whether the device took it, refused it, or skipped it as too large. */
  feed(topic: string, payload: Uint8Array): "taken" | "refused" | "skipped" {
    const { refused } = this.#gateway.counters;
    this.#nowMs += 10;
    this.#identifier = (this.#identifier % 0xffff) + 1;
    const packet = { cmd: "publish", topic, payload: Buffer.from(payload), qos: 1, dup: false, retain: false } as const;
    this.#gateway.handleBytes(generate({ ...packet, messageId: this.#identifier }), this.#nowMs);
    const sent = this.#drain();
    if (!sent.some(({ type, packetIdentifier }) => type === "puback" && packetIdentifier === this.#identifier))
      throw new Error(`answered ${JSON.stringify(sent)}, expected PUBACK ${this.#identifier}`);
    // No earlier payload may block the device's results.
    const isRead = topic.length + payload.length + PUBLISH_HEAD_BYTES <= PACKET_BYTES_MAX;
    if (topic === TOPICS.command && isRead && !sent.some((packet) => packet.topic === TOPICS.result))
      throw new Error(`answered ${JSON.stringify(sent)}, expected a result`);
    for (const { type, packetIdentifier } of sent)
      if (type === "publish" && packetIdentifier)
        this.#gateway.handleBytes(Uint8Array.of(0x40, 2, packetIdentifier >> 8, packetIdentifier & 255), this.#nowMs);
    this.#checkStore();
    if (!isRead) return "skipped";
    return this.#gateway.counters.refused > refused ? "refused" : "taken";
  }

  /** Sends everything and paints every screen. Returns what was sent. */
  #drain(): SentPacket[] {
    const sent: SentPacket[] = [];
    for (let steps = 0, isBusy = true; isBusy; steps += 1) {
      if (steps > STEPS_MAX) throw new Error("the device hangs");
      isBusy = false;
      for (let bytes = this.#gateway.pollTransmit(); bytes; bytes = this.#gateway.pollTransmit()) {
        sent.push(...sentPackets(bytes));
        isBusy = true;
      }
      for (let events = 0; this.#gateway.pollEvent(); events += 1)
        if (events > 2 * EVENTS_MAX) throw new Error("events without an end");
      const drawList = this.#gateway.pollScreen(this.#nowMs);
      if (drawList) {
        for (const command of drawList)
          if (command.kind === "text" && UNPRINTABLE.test(command.text))
            throw new Error(`drawn: ${JSON.stringify(command.text)}`);
        this.#gateway.handlePainted(this.#nowMs);
        isBusy = true;
      }
    }
    return sent;
  }

  #checkStore(): void {
    const { records } = this.#store;
    let bytes = 0;
    for (const record of records.values()) bytes += record.length;
    if (records.size > 3 * INBOX_RECORDS_MAX || bytes > 3 * INBOX_BYTES_MAX)
      throw new Error(`${records.size} records of ${bytes} bytes`);
  }
}
