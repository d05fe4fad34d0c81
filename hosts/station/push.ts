/** A push as the station keeps it, answers it and streams it. Shared with the console and the command line: types only. */

/** What a device says of a message, as in the wire format. `expired` may come from the station itself. */
export type ReceiptStatus = "stored" | "shown" | "read" | "answered" | "expired" | "dropped";

export interface Receipt {
  readonly status: ReceiptStatus;
  /** uid of the device, or `station`. */
  readonly from: string;
  /** When the station got it, milliseconds since 1970. */
  readonly atMs: number;
  /** When the device made it, seconds since 1970; 0: it has no clock. */
  readonly deviceSeconds: number;
  /** The choice that was taken, with `answered`. */
  readonly answer?: string;
}

/** What the sender asks for: the body of `POST /api/push`. */
export interface PushRequest {
  /** uid of a device, or of a group. */
  readonly to: string;
  readonly text: string;
  readonly title?: string;
  /** 1 (lowest) to 5; 3 when left out. */
  readonly priority?: number;
  /** Seconds after which the message is worthless. */
  readonly expirySeconds?: number;
  /** Replaces an unread message of the same key. */
  readonly collapseKey?: string;
  /** Address of a further resource. */
  readonly uri?: string;
  /** Up to 3 answers for the buttons. */
  readonly choices?: readonly string[];
}

/**
 * `accepted`: on disk here. `waiting`: nobody has ever subscribed for that uid; it goes out when someone does.
 * `published`: in the device's queue at the broker. `expired`: it became worthless while it waited here.
 */
export type PushState = "accepted" | "waiting" | "published" | "expired";

export interface Push extends PushRequest {
  /** 1 to 23 characters; begins with the time, so that ids sort as the pushes came. */
  readonly id: string;
  readonly state: PushState;
  /** Milliseconds since 1970. */
  readonly acceptedAtMs: number;
  readonly publishedAtMs?: number;
  readonly receipts: readonly Receipt[];
  /** The sender's own key, by which a repeated request is recognised. */
  readonly idempotencyKey?: string;
}

/** Nothing more can happen to it that anyone waits for. */
export function isFinished(push: Push): boolean {
  return push.state === "expired" || push.receipts.some((receipt) => receipt.status !== "stored");
}
