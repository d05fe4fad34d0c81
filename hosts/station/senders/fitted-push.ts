/**
 * Makes a push of whatever a sender wants to say. What is too long for a pager is cut, never refused: a sender who gets status 400
 * gives up, and nobody hears the alarm.
 */
import { createHash } from "node:crypto";
import { CHOICES_MAX, ENV_BYTES_MAX, UID_BYTES_MAX } from "../../../src/limits.ts";
import { packetBytes } from "../push/push-message.ts";
import {
  COLLAPSE_KEY_CHARACTERS_MAX,
  DEVICE_PACKET_BYTES_MAX,
  PUSH_ADDRESS_CHARACTERS_MAX,
  PUSH_CHOICE_CHARACTERS_MAX,
  PUSH_TEXT_CHARACTERS_MAX,
  PUSH_TITLE_CHARACTERS_MAX,
  REQUEST_DELAY_SECONDS_MAX,
} from "../shared/limits.ts";
import type { PushRequest } from "../shared/push.ts";

/** As long as the topic of a push can be. */
const LONGEST_TOPIC = `/${"e".repeat(ENV_BYTES_MAX)}/im/${"u".repeat(UID_BYTES_MAX)}`;
/** An id as the station gives it. */
const ID = "0".repeat(23);
const CUT = "…";
const DEFAULT_TEXT = "triggered";

/** What a sender wants to say, of any length. Empty texts are as good as none. */
export interface WantedPush {
  readonly to: string;
  readonly text?: string | undefined;
  readonly title?: string | undefined;
  /** 1 to 5. */
  readonly priority?: number | undefined;
  readonly delaySeconds?: number | undefined;
  readonly collapseKey?: string | undefined;
  readonly choices?: readonly string[] | undefined;
  readonly link?: string | undefined;
  readonly picture?: string | undefined;
}

/** Returns the push that fits. A link or a picture that is no address of the web, or too long, is left out. */
export function fittedPush(wanted: WantedPush): PushRequest {
  const title = cut(sound(wanted.title), PUSH_TITLE_CHARACTERS_MAX);
  const choices = [...new Set(wanted.choices?.map(fittedChoice))].filter((each) => each !== "").slice(0, CHOICES_MAX);
  const link = addressOf(wanted.link);
  const picture = addressOf(wanted.picture);
  const collapseKey = keyOf(wanted.collapseKey);
  const push: PushRequest = {
    to: wanted.to,
    text: sound(wanted.text) || title || DEFAULT_TEXT,
    ...(title !== "" && sound(wanted.text) !== "" && { title }),
    ...(wanted.priority !== undefined && { priority: Math.min(5, Math.max(1, Math.round(wanted.priority))) }),
    ...(wanted.delaySeconds !== undefined && {
      delaySeconds: Math.min(REQUEST_DELAY_SECONDS_MAX, Math.max(1, Math.round(wanted.delaySeconds))),
    }),
    ...(collapseKey !== undefined && { collapseKey }),
    ...(choices.length > 0 && { choices }),
    ...(link !== undefined && { link }),
    ...(picture !== undefined && { picture }),
  };
  return { ...push, text: fittedText(push) };
}

/** An answer as it stands on the pager, and comes back. */
export function fittedChoice(text: string): string {
  return cut(sound(text), PUSH_CHOICE_CHARACTERS_MAX);
}

/** The longest beginning of the text with which the push fits into the packet that every pager takes. */
function fittedText(push: PushRequest): string {
  const whole = cut(push.text, PUSH_TEXT_CHARACTERS_MAX);
  const fits = (text: string) => fittedBytes({ ...push, text }) <= DEVICE_PACKET_BYTES_MAX;
  if (fits(whole)) return whole;
  let [low, high] = [1, whole.length];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (fits(cut(whole, middle))) low = middle;
    else high = middle;
  }
  return cut(whole, low);
}

/** Bytes of its packet on the longest topic. */
export function fittedBytes(push: PushRequest): number {
  return packetBytes({ ...push, id: ID, sender: "", acceptedAtMs: Date.now() }, LONGEST_TOPIC);
}

/** At most so many UTF-16 units. Where something is cut off, an ellipsis stands in its place, and no character is halved. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = max - CUT.length;
  const isHalved = /[\ud800-\udbff]/.test(text.charAt(end - 1));
  return text.slice(0, isHalved ? end - 1 : end).trimEnd() + CUT;
}

/** Without U+0000 and halves of characters, which no message holds, and without space around it. */
function sound(text = ""): string {
  return text
    .replaceAll("\0", "")
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .trim();
}

function addressOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length > PUSH_ADDRESS_CHARACTERS_MAX || /[\s\0]/.test(text)) return undefined;
  return /^https?:\/\/./i.test(text) && URL.canParse(text)
    ? text.replace(/^https?/i, (scheme) => scheme.toLowerCase())
    : undefined;
}

/** A key that is too long is replaced by its digest. */
function keyOf(text: string | undefined): string | undefined {
  const key = sound(text);
  if (key === "") return undefined;
  return key.length <= COLLAPSE_KEY_CHARACTERS_MAX ? key : createHash("sha256").update(key).digest("base64url");
}
