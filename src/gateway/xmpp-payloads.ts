/** Stanzas of XMPP ↔ payloads of the wire format. */
import { MESSAGE_ID_BYTES_MAX, PRESENCE_CONTEXT_BYTES_MAX } from "../limits.ts";
import { decodeContents, encodeText } from "../payload/content.ts";
import { encodeMessage, IM_TYPE, type Message } from "../payload/message.ts";
import { encodePresence, PRESENCE_STATUS, type Presence } from "../payload/presence.ts";
import { utf8Length } from "../utf8.ts";
import type { IncomingMessage, Outgoing, Show } from "../xmpp/session-types.ts";

/** Which receipts the sender has asked for. They stand as one digit in front of the id, so that they outlast a reboot with it. */
const WANTS_RECEIVED = 1;
const WANTS_MARKERS = 2;

/** @param nowSeconds when it came; 0: not known */
export function messagePayload(message: IncomingMessage, sender: string, nowSeconds: number): Uint8Array {
  const { kind, id, subject, body, link, sentAt, wantsReceived, isMarkable } = message;
  const wants = (wantsReceived ? WANTS_RECEIVED : 0) + (isMarkable ? WANTS_MARKERS : 0);
  const sentSeconds = Math.floor(Date.parse(sentAt) / 1000);
  const isDated = sentSeconds > 0 && sentSeconds < 2 ** 32;
  const keys = {
    // A longer id names nothing: the message is shown, and nobody is told.
    id: id === "" || utf8Length(id) >= MESSAGE_ID_BYTES_MAX ? undefined : `${wants}${id}`,
    title: subject === "" ? undefined : subject,
    uri: link === "" ? undefined : link,
  };
  return encodeMessage({
    timestampSeconds: isDated ? sentSeconds : nowSeconds,
    imType: kind === "notification" ? IM_TYPE.notification : IM_TYPE.pointToPoint,
    contents: [encodeText(body, keys)],
    sender,
  });
}

/** The stanzas of a message of ours: its text, or the receipts that are wanted. */
export function contentsOf({ contents }: Message, to: string, payload: Uint8Array): readonly Outgoing[] {
  const stanzas: Outgoing[] = [];
  for (const content of decodeContents(contents, payload)) {
    if (content.type === "text")
      stanzas.push({ type: "message", to, id: content.keys.id ?? "", body: content.text, wantsReceipts: true });
    if (content.type !== "receipt") continue;
    const { id, state: stage, answer } = content;
    const wants = Number(id.charAt(0));
    const isWanted =
      stage === "stored"
        ? wants & WANTS_RECEIVED
        : stage === "shown" || stage === "read"
          ? wants & WANTS_MARKERS
          : wants;
    if (isWanted)
      stanzas.push({ type: "receipt", to, id: id.slice(1), stage, ...(answer === undefined ? {} : { answer }) });
  }
  return stanzas;
}

export function stanzaPresence({ status, context }: Presence): Outgoing {
  const show = Object.hasOwn(SHOW_OF, status) ? (SHOW_OF[status] as Show) : "available";
  return { type: "presence", show, status: context };
}

const SHOW_OF: Readonly<Record<number, Show>> = Object.freeze({
  [PRESENCE_STATUS.offline]: "unavailable",
  [PRESENCE_STATUS.busy]: "dnd",
  [PRESENCE_STATUS.away]: "away",
  [PRESENCE_STATUS.asleep]: "xa",
});

export function presencePayload({ show, status }: { readonly show: Show; readonly status: string }): Uint8Array {
  let context = "";
  for (const character of status) {
    if (utf8Length(context + character) > PRESENCE_CONTEXT_BYTES_MAX) break;
    context += character;
  }
  return encodePresence({ status: STATUS_OF[show], context });
}

const STATUS_OF: Readonly<Record<Show, number>> = Object.freeze({
  available: PRESENCE_STATUS.online,
  chat: PRESENCE_STATUS.online,
  away: PRESENCE_STATUS.away,
  xa: PRESENCE_STATUS.away,
  dnd: PRESENCE_STATUS.busy,
  unavailable: PRESENCE_STATUS.offline,
});
