/** A pager whose broker is played by the test, to measure the cost of its screen: a long page, its next page, an idle ping. */
import { Face } from "../../hosts/face.ts";
import { facesFrom, Lettering } from "../../hosts/lettering.ts";
import cjk from "../../hosts/moddable/faces/cjk-16.fnt";
import small from "../../hosts/moddable/faces/latin-16.fnt";
import body from "../../hosts/moddable/faces/latin-20.fnt";
import large from "../../hosts/moddable/faces/latin-28.fnt";
import clock from "../../hosts/moddable/faces/latin-48.fnt";
import { Gateway } from "../../src/gateway/gateway.ts";
import { parseSettings, type Settings } from "../../src/gateway/settings.ts";
import type { DrawList } from "../../src/pager/screen/draw-list.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { MemoryStore } from "../memory-store.ts";
import { asciiBytes } from "../wire.ts";

const UID = "p1";
const CONNACK = Uint8Array.of(0x20, 2, 0, 0);
const PUBACK = Uint8Array.of(0x40, 2, 0, 2);
const SUBACK = Uint8Array.of(0x90, 6, 0, 1, 1, 1, 1, 1);
const PINGREQ = 0xc0;
const PINGRESP = Uint8Array.of(0xd0, 0);
/** The faces of a board that has all of them. */
const FILES: Readonly<Record<string, Uint8Array>> = {
  "latin-16": small,
  "latin-20": body,
  "latin-28": large,
  "latin-48": clock,
  "cjk-16": cjk,
};
const LETTERING = new Lettering(
  facesFrom((name) => new Face(new DataView((FILES[name] as Uint8Array).buffer), undefined)),
);
const MINUTE_MS = 60_000;
export const KEEP_ALIVE_SECONDS = 300;

let nowMs = 1_000;
let gateway: Gateway;
let screen: DrawList = [];
let paintCount = 0;
let number = 0;
let prepared = new Uint8Array();
/** PINGREQs that were sent, and connections that the pager has given up. */
let pingCount = 0;
let closeCount = 0;

/** Starts and connects a pager with a screen of this size and so many read messages. */
export function start(width: number, height: number, messageCount: number): void {
  const parsed = parseSettings({
    env: "acme",
    uid: UID,
    "telemetry.interval": 0,
    "screen.dwell": 0,
    "presence.away": 0,
    "broker.protocol": "3.1.1",
    "broker.keepAlive": KEEP_ALIVE_SECONDS,
    "broker.keepAliveMin": KEEP_ALIVE_SECONDS,
  });
  gateway = new Gateway({
    settings: (parsed as { settings: Settings }).settings,
    store: new MemoryStore(),
    random: () => 0.5,
    wallClock: () => 1_700_000_000 + Math.floor(nowMs / 1_000),
    measureText: (font, text) => LETTERING.measureText(font, text),
    size: { width, height },
    sensors: [],
  });
  gateway.start(nowMs);
  drain();
  gateway.handleConnected(nowMs);
  receive(CONNACK);
  receive(SUBACK);
  receive(PUBACK);
  for (let count = 0; count < messageCount; count += 1) {
    prepare("short");
    arrive();
    paint();
  }
  nowMs += MINUTE_MS;
  wake();
}

/** Makes a message with this text. Its cost does not count for the device. `timeStamp` is the first byte of its time. */
export function prepare(text: string, timeStamp = 0): void {
  number += 1;
  const topic = asciiBytes(`/acme/im/${UID}`);
  const content = encodeUtf8(JSON.stringify({ co: text, cl: `m${number}` }));
  const head = [timeStamp, 0, 0, 0, 0x31, 0, 0, 0, content.length >> 8, content.length & 255];
  const sender = asciiBytes("bob");
  const length = 2 + topic.length + head.length + content.length + sender.length;
  prepared = new Uint8Array(3 + length);
  prepared.set([0x30, (length & 127) | 128, length >> 7, 0, topic.length]);
  let at = 5;
  for (const part of [topic, Uint8Array.from(head), content, sender]) {
    prepared.set(part, at);
    at += part.length;
  }
}

/** The prepared message arrives and is stored. Nothing is painted. */
export function arrive(): void {
  gateway.handleBytes(prepared, nowMs);
  send();
}

export function paint(): void {
  drain();
}

/** Whether the whole screen is laid out. */
export function isPainted(): boolean {
  const timeoutMs = gateway.pollTimeout();
  return timeoutMs === undefined || timeoutMs > nowMs;
}

/** Lays out the next slice of the text. */
export function goOn(): void {
  wake();
}

export function press(button: "a" | "b" | "c"): void {
  gateway.handleButton(button, nowMs);
  drain();
}

/** The time of day on the screen changes. */
export function passMinute(): void {
  nowMs += MINUTE_MS;
  wake();
}

/** So much time passes without an event. */
export function pass(ms: number): void {
  nowMs += ms;
}

export function connection(): { readonly pingCount: number; readonly closeCount: number } {
  return { pingCount, closeCount };
}

/** Waits until a press counts for the present view. */
export function see(): void {
  nowMs += 1_000;
}

export function ping(): void {
  receive(PINGRESP);
}

export function receive(bytes: Uint8Array): void {
  gateway.handleBytes(bytes, nowMs);
  drain();
}

/** The lines on the screen, and how often it was painted. */
export function look(): { readonly paintCount: number; readonly lines: readonly string[] } {
  return { paintCount, lines: screenText(screen) };
}

function wake(): void {
  gateway.handleTimeout(nowMs);
  drain();
}

function send(): void {
  for (let bytes = gateway.pollTransmit(); bytes; bytes = gateway.pollTransmit())
    if (bytes[bytes.length - 2] === PINGREQ && bytes[bytes.length - 1] === 0) pingCount += 1;
}

/** Does what the loop of a host does. */
function drain(): void {
  let isPainted: boolean;
  do {
    send();
    for (let event = gateway.pollEvent(); event; event = gateway.pollEvent())
      if (event.type === "close") closeCount += 1;
    const drawList = gateway.pollScreen(nowMs);
    isPainted = drawList !== undefined;
    if (drawList) {
      screen = drawList;
      paintCount += 1;
      gateway.handlePainted(nowMs);
    }
  } while (isPainted);
  gateway.pollTimeout();
}
