/**
 * One run of one seed: messages with pictures and with text that no face holds, to a device with power cuts at any write, a storage that
 * is full or refuses, a bad network, and a station that is silent or hostile. The promises that are checked:
 *
 * - What is drawn as the picture of a message, or of a run of text, was given for that very message or run.
 * - Every message is stored, however many pictures there are.
 * - When the trouble is over, the picture of a new message and of its text comes whole, through one more power cut. After a restart it
 *   is there without a station.
 * - A picture that the station refuses is not asked for again.
 * - The pictures keep to their room on the storage, and the firmware throws nothing.
 */
import { Buffer } from "node:buffer";
import type { Gateway } from "../../src/gateway/gateway.ts";
import { parseSettings } from "../../src/gateway/settings.ts";
import {
  BACKOFF_MAX_MS,
  CONNACK_TIMEOUT_MS,
  OPEN_TIMEOUT_MS,
  PICTURE_BYTES_MAX,
  PICTURE_PIECES_MAX,
  PINGRESP_TIMEOUT_MS,
  RUN_RECORDS_BYTES_MAX,
  RUN_RETRY_MAX_MS,
} from "../../src/limits.ts";
import type { DrawList } from "../../src/pager/screen/draw-list.ts";
import { FONTS } from "../../src/pager/screen/fonts.ts";
import { clusterEnd } from "../../src/pager/screen/graphemes.ts";
import { checkPicture, rowsAbove, rowsBelow } from "../../src/pager/screen/run-picture.ts";
import { runEnd } from "../../src/pager/screen/runs.ts";
import { encodeLink, encodeText } from "../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../src/payload/message.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { decodeReceipts } from "../wire.ts";
import { badNetwork } from "./bad-network.ts";
import type { BrokerModel } from "./broker-model.ts";
import { Device } from "./device.ts";
import { PictureStation } from "./picture-station.ts";
import type { Outcome } from "./simulate.ts";

const UID = "pager-1";
const SENDER = "sender-1";
const BORN_SECONDS = 1_700_000_000;
const KEEP_ALIVE_SECONDS = 20;
const RECONNECT_MS_MAX =
  KEEP_ALIVE_SECONDS * 1_000 + PINGRESP_TIMEOUT_MS + BACKOFF_MAX_MS + OPEN_TIMEOUT_MS + CONNACK_TIMEOUT_MS;
/** A device that nobody has answered for long asks again after that time. */
const PATIENCE_MS = RUN_RETRY_MAX_MS + RECONNECT_MS_MAX + 600_000;
const HOUR_MS = 3_600_000;
/** Room for the messages and their states. All further records are pictures, which have to leave. */
const RECORDS_MAX = 36;
/** Before each piece: version, name, head of the reply. */
const PIECE_HEAD_BYTES = 64;

/** What the last painting had. */
interface Drawn {
  /** Id of the message on the screen. */
  readonly id: string;
  /** Its pieces, in hex. */
  readonly pieces: readonly string[];
  /** Runs of text without a picture. */
  readonly missing: number;
  readonly runs: number;
}

/** @param onLog gets the device's own log, with the virtual time */
export function simulatePictures(seed: number, onLog?: (line: string) => void): Outcome {
  const random = seededRandom(seed);
  const chance = (share: number) => random() < share;
  const { clock, network, broker } = badNetwork(random, { breaking: 0.5, silent: 0.4 });
  const manners = { silent: random() * 0.4, hostile: chance(0.3) ? 0 : random() * 0.7 };
  const station = new PictureStation(broker, clock, seededRandom(seed + 1), UID, manners);
  const stored = new Set<string>();
  broker.onMessage = ({ topic, payload }) => {
    station.take(topic, payload);
    if (topic !== `/field/im/${SENDER}`) return;
    for (const { id, state } of decodeReceipts(payload)) if (state === "stored") stored.add(id);
  };
  const violations = new Set<string>();
  let drawn: Drawn = { id: "", pieces: [], missing: 0, runs: 0 };
  const isSmall = chance(0.3);
  const device = new Device({
    clock,
    random,
    network,
    settings: settings(),
    sensors: [],
    bornSeconds: BORN_SECONDS,
    onLog,
    recordsMax: isSmall ? RECORDS_MAX : undefined,
    // ASCII alone.
    measureText: (_font, text) => (text === "" ? 0 : (text > "\u007f" ? -9 : 9) * text.length),
    onPaint: (drawList, gateway) => {
      drawn = look(drawList, gateway, station, violations);
    },
  });

  device.boot();
  clock.runUntil(3_600_000, () => broker.hasSubscribed(UID));
  const beginMs = clock.nowMs;
  const troubleMs = integerBetween(random, 120_000, 1_200_000);
  const sometime = (run: () => void) => clock.after(random() * troubleMs, run);
  const pushes = integerBetween(random, 3, 12);
  for (let number = 0; number < pushes; number += 1) {
    if (chance(0.2)) station.without.add(`id-${number}`);
    sometime(() => push(broker, `id-${number}`, wordsOf(random, 0x0e01, 0x0e2e)));
  }
  for (let cut = integerBetween(random, 0, 8); cut > 0; cut -= 1) sometime(() => network.cut());
  for (let cut = integerBetween(random, 0, 6); cut > 0; cut -= 1)
    sometime(() => (chance(0.8) ? device.cutPowerAtWrite(integerBetween(random, 1, 12)) : device.cutPower()));
  if (chance(0.3))
    sometime(() => {
      device.refuseWritesFrom(integerBetween(random, 1, 6));
      clock.after(random() * 60_000, () => device.acceptWrites());
    });
  clock.runUntil(beginMs + troubleMs);
  device.calm();
  network.calm();
  station.manners = { silent: 0, hostile: 0 };
  clock.runUntil(clock.nowMs + RECONNECT_MS_MAX, () => broker.isConnected(UID));

  // What was not asked for before in this life cannot have failed before.
  const isWhole = (id: string) => () =>
    drawn.id === id &&
    drawn.missing === 0 &&
    drawn.runs > 0 &&
    drawn.pieces.length === station.piecesOf(id) &&
    drawn.pieces.every((blocks, piece) => blocks === station.blocksOf(id, piece));
  const expectWhole = (id: string, when: string) => {
    clock.runUntil(clock.nowMs + PATIENCE_MS, isWhole(id));
    if (!isWhole(id)() && !isSmall)
      violations.add(
        `${when}: of message ${drawn.id} ${drawn.pieces.length} of ${station.piecesOf(id)} pieces and ${drawn.runs - drawn.missing} of ${drawn.runs} runs are drawn`,
      );
  };
  push(broker, "id-last", wordsOf(random, 0x0904, 0x0939));
  device.cutPowerAtWrite(integerBetween(random, 1, 14));
  expectWhole("id-last", "after the trouble");
  device.calm();
  station.manners = { silent: 1, hostile: 0 };
  device.cutPower();
  drawn = { id: "", pieces: [], missing: 0, runs: 0 };
  expectWhole("id-last", "after a restart without a station");
  station.manners = { silent: 0, hostile: 0 };
  clock.runUntil(clock.nowMs + PATIENCE_MS, () => broker.isConnected(UID));
  station.without.add("id-none");
  push(broker, "id-none", "none");
  clock.runUntil(clock.nowMs + PATIENCE_MS, () => device.text.includes("[picture not found]"));
  if (!device.text.includes("[picture not found]")) violations.add(`the refusal is not shown: ${device.text}`);
  const requests = station.asked.length;
  clock.runUntil(clock.nowMs + HOUR_MS);
  if (station.asked.slice(requests).includes("id-none"))
    violations.add("a picture that was refused is asked for again");

  for (let number = 0; number < pushes; number += 1)
    if (!stored.has(`id-${number}`)) violations.add(`push ${number} was not stored`);
  const pictureBytes = device.storedBytesOf("pic-");
  if (pictureBytes > PICTURE_BYTES_MAX + PICTURE_PIECES_MAX * PIECE_HEAD_BYTES)
    violations.add(`${pictureBytes} bytes of a picture are stored`);
  if (device.storedBytesOf("run-") > RUN_RECORDS_BYTES_MAX) violations.add("too many pictures of text are stored");
  return {
    seed,
    violations: [...violations, ...broker.violations, ...device.errors],
    pushes: pushes + 2,
    connects: broker.connects,
    powerCuts: device.life - 1,
    virtualMs: clock.nowMs,
  };
}

function settings() {
  const parsed = parseSettings({
    uid: UID,
    "broker.keepAlive": KEEP_ALIVE_SECONDS,
    "telemetry.interval": 0,
    "screen.dwell": 0,
    "presence.away": 0,
  });
  if ("errors" in parsed) throw new Error(parsed.errors.join("\n"));
  return parsed.settings;
}

/** Some letters between these two code points. */
function wordsOf(random: () => number, first: number, last: number): string {
  const letters = Array.from({ length: integerBetween(random, 1, 8) }, () => integerBetween(random, first, last));
  return String.fromCodePoint(...letters).replace(/.{3}/gu, "$& ");
}

function push(broker: BrokerModel, id: string, words: string): void {
  const contents = [
    encodeText(`mark ${id} ${words}`, { id }),
    encodeLink({ type: "image", keys: { priority: 3, choices: [] }, link: "https://a.example/b.png" }),
  ];
  const message = { timestampSeconds: BORN_SECONDS, imType: IM_TYPE.notification, contents, sender: SENDER };
  broker.publish({ topic: `/field/im/${UID}`, payload: encodeMessage(message), qos: 1, retain: false });
}

/** Draws as a host does, and checks what it gets to draw. */
function look(drawList: DrawList, gateway: Gateway, station: PictureStation, violations: Set<string>): Drawn {
  const texts = drawList.filter((command) => command.kind === "text");
  const id = texts.map(({ text }) => /\bmark (id-\w+)/.exec(text)?.[1]).find((found) => found) ?? "";
  let [runs, missing] = [0, 0];
  gateway.pictures.beginScreen();
  for (const { text, font } of texts) {
    const { sizePixels } = FONTS[font];
    for (let at = 0; at < text.length; ) {
      let end = clusterEnd(text, at);
      if (text.charCodeAt(at) > 0x7f) {
        end = runEnd(text, at, end);
        const run = text.slice(at, end);
        const picture = gateway.pictures.find(sizePixels, run);
        runs += 1;
        if (!picture) missing += 1;
        else if (!station.givenRuns.get(`${sizePixels} ${run}`)?.has(Buffer.from(picture).toString("hex")))
          violations.add(`a picture of the run ${run} was not given for it`);
        else if (!canBeDrawn(picture, sizePixels, gateway.pictures.widthMax))
          violations.add(`a picture of the run ${run} leaves its box`);
      }
      at = end;
    }
  }
  const pieces: string[] = [];
  for (const command of drawList) {
    if (command.kind !== "picture") continue;
    const rows = command.source.read(command.piece);
    // It has left the storage for a message. Then its frame is empty.
    if (rows) {
      const blocks = Buffer.from(rows.blocks).toString("hex");
      if (!station.given.get(id)?.has(blocks)) violations.add(`a piece of the picture of ${id} was not given for it`);
      pieces.push(blocks);
    }
  }
  return { id, pieces, missing, runs };
}

function canBeDrawn(picture: Uint8Array, sizePixels: number, widthMax: number): boolean {
  try {
    checkPicture(picture, 0, picture.length, rowsAbove(sizePixels) + rowsBelow(sizePixels), widthMax);
    return true;
  } catch {
    return false;
  }
}
