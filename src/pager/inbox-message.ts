/**
 * A message as the inbox keeps it, and its record on the store: a JSON array, so that the names of its fields take no flash.
 *
 * | record | array |
 * |---|---|
 * | a message | 1, name, priority, time, expiry, sender, id, title, text, group, collapse key, choices (0: absent) |
 * | a message that has left and owes receipts | 2, name, state, sender, id, answer |
 */
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";

export interface InboxMessage {
  /** `messageName`: 16 hexadecimal digits. */
  readonly name: string;
  /** uid of the sender; empty for a plain page. */
  readonly sender: string;
  /** Names it in receipts; without one it gets none. */
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly text: string;
  /** uid of the group that it was sent to. */
  readonly group?: string | undefined;
  /** It takes the place of an unread message of the same sender and key. */
  readonly collapseKey?: string | undefined;
  /** What can be answered, at most `CHOICES_MAX`. */
  readonly choices?: readonly string[] | undefined;
  /** 1 to 5. */
  readonly priority: number;
  /** Seconds since 1970 when it was made, 0 = unknown. */
  readonly timestampSeconds: number;
  /** Seconds since 1970 when it becomes worthless. */
  readonly expiresSeconds?: number | undefined;
}

/** What stays of a message that has left until its sender has been told of it. */
export interface Farewell {
  readonly name: string;
  /** Of `receipt-state.ts`. */
  readonly state: number;
  readonly sender: string;
  readonly id: string;
  readonly answer?: string | undefined;
}

const MESSAGE = 1;
const FAREWELL = 2;

export function encodeMessageRecord(message: InboxMessage): Uint8Array {
  const { name, priority, timestampSeconds, expiresSeconds, sender, id, title, text, group, collapseKey, choices } =
    message;
  const fields = [name, priority, timestampSeconds, expiresSeconds ?? 0, sender, id ?? 0, title ?? 0, text];
  return encodeJson([MESSAGE, ...fields, group ?? 0, collapseKey ?? 0, choices?.length ? choices : 0]);
}

export function encodeFarewellRecord({ name, state, sender, id, answer }: Farewell): Uint8Array {
  return encodeJson([FAREWELL, name, state, sender, id, answer ?? 0]);
}

/** undefined for a record that is not what was written. */
export function decodeRecord(
  record: Uint8Array,
): { readonly message: InboxMessage } | { readonly farewell: Farewell } | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(decodeUtf8(record, 0, record.length, "record"));
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields) || typeof fields[1] !== "string") return undefined;
  if (fields[0] === FAREWELL) {
    const [, name, state, sender, id, answer] = fields;
    return { farewell: { name, state, sender, id, answer: answer || undefined } };
  }
  const [version, name, priority, timestampSeconds, expires, sender, id, title, text, group, collapse, choices] =
    fields;
  if (version !== MESSAGE || typeof text !== "string") return undefined;
  return {
    message: {
      name,
      sender,
      id: present(id),
      title: present(title),
      text,
      group: present(group),
      collapseKey: present(collapse),
      choices: present(choices),
      priority,
      timestampSeconds,
      expiresSeconds: present(expires),
    },
  };
}

function present<Value>(field: Value | 0): Value | undefined {
  return field === 0 ? undefined : field;
}

function encodeJson(fields: readonly unknown[]): Uint8Array {
  return encodeUtf8(JSON.stringify(fields));
}
