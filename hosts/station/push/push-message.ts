/** Encodes pushes for devices, and decodes their receipts. */
import { decodeContents, encodeLink, encodeText, PRIORITY_DEFAULT } from "../../../src/payload/content.ts";
import { decodeMessage, encodeMessage, IM_TYPE, type RawContent } from "../../../src/payload/message.ts";
import { ANSWER_CHARACTERS_MAX } from "../shared/limits.ts";
import { dueAtMs, isClockSet, type Push, type Receipt } from "../shared/push.ts";

/** uid of the station: sender of its pushes, receiver of their receipts. */
export const STATION_UID = "station";

/** The payload of a push: a notification with a text, and behind it the picture. */
export function encodePush(push: Omit<Push, "progress">): Uint8Array {
  const { id, text, title, priority, expirySeconds, collapseKey, melody, choices, picture, link } = push;
  const keys = { id, priority, expirySeconds, collapseKey, title, uri: link, melody, choices };
  const contents: RawContent[] = [encodeText(text, keys as Parameters<typeof encodeText>[1])];
  if (picture !== undefined)
    contents.push(encodeLink({ type: "image", keys: { priority: PRIORITY_DEFAULT, choices: [] }, link: picture }));
  return encodeMessage({
    // 0: no time. A device counts an expiry from when it gets such a message.
    timestampSeconds: isClockSet(push.acceptedAtMs) ? Math.floor(dueAtMs(push) / 1000) : 0,
    imType: IM_TYPE.notification,
    contents,
    sender: STATION_UID,
  });
}

/** Fixed header, topic length and packet identifier of a PUBLISH, in bytes at the most. */
const PUBLISH_OVERHEAD_BYTES = 5 + 2 + 2;

/** Bytes of the packet in which a push goes to this topic, at the most. */
export function packetBytes(push: Omit<Push, "progress">, topic: string): number {
  return encodePush(push).length + Buffer.byteLength(topic) + PUBLISH_OVERHEAD_BYTES;
}

/** The receipts in a message. A message of another kind has none. Throws a `FormatError` for a malformed message. */
export function decodeReceipts(
  payload: Uint8Array,
  nowMs: number,
): readonly { readonly id: string; readonly receipt: Receipt }[] {
  const { imType, contents, sender, timestampSeconds } = decodeMessage(payload);
  if (imType !== IM_TYPE.receipt) return [];
  return decodeContents(contents, payload).flatMap((content) => {
    if (content.type !== "receipt") return [];
    const answer = content.answer === undefined ? {} : { answer: content.answer.slice(0, ANSWER_CHARACTERS_MAX) };
    const receipt = {
      status: content.state,
      from: sender,
      atMs: nowMs,
      deviceSeconds: timestampSeconds,
      ...answer,
    };
    return [{ id: content.id, receipt }];
  });
}
