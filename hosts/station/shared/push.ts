/** Types of a push in the store, the HTTP interface and the event stream. Shared with the console, so nothing here needs Node. */

/** The state in a receipt, as in the wire format. `expired` may come from the station itself. */
export type ReceiptStatus = "stored" | "shown" | "read" | "answered" | "expired" | "dropped";

export interface Receipt {
  readonly status: ReceiptStatus;
  /** uid of the device, or `station`. */
  readonly from: string;
  /** When the station got it, milliseconds since 1970. */
  readonly atMs: number;
  /** When the device made it, seconds since 1970; 0 if the device has no clock. */
  readonly deviceSeconds: number;
  /** The chosen answer, with `answered`. */
  readonly answer?: string;
  /** What came of the request that belongs to this answer: milliseconds since 1970, and words such as `answered 200`. */
  readonly call?: { readonly atMs: number; readonly words: string };
}

/** The request of a sender: the body of `POST /api/push`. */
export interface PushRequest {
  /** uid of a device, a person or a group, or `everyone`. */
  readonly to: string;
  readonly text: string;
  readonly title?: string;
  /** 1 (lowest) to 5; 3 when left out. */
  readonly priority?: number;
  /** Seconds after which the message is worthless. */
  readonly expirySeconds?: number;
  /** Seconds until it is sent; at once when left out. Its life begins then. */
  readonly delaySeconds?: number;
  /** Replaces an unread message of the same key. */
  readonly collapseKey?: string;
  /** What it sounds like from priority 3 on, one of `MELODIES`; as the priority says when left out. */
  readonly melody?: string;
  /** Up to 3 answers for the buttons. */
  readonly choices?: readonly string[];
  /** Address of a picture. */
  readonly picture?: string;
  /** Address of a further resource. */
  readonly link?: string;
}

/** Counts of recipients by state. A device counts once for each kind of receipt. */
export interface Progress extends Readonly<Record<ReceiptStatus, number>> {
  readonly recipients: number;
  /** The device has it. */
  readonly published: number;
  /** Final: no further receipt is waited for. */
  readonly finished: number;
}

/** The progress of a new push. */
export const NO_PROGRESS: Progress = Object.freeze({
  recipients: 0,
  published: 0,
  stored: 0,
  shown: 0,
  read: 0,
  answered: 0,
  expired: 0,
  dropped: 0,
  finished: 0,
});

export interface Push extends PushRequest {
  /** 1 to 23 characters; begins with the time, so that ids sort as the pushes came. */
  readonly id: string;
  /** Name of the account that sent it. */
  readonly sender: string;
  /** Milliseconds since 1970. */
  readonly acceptedAtMs: number;
  readonly progress: Progress;
}

/**
 * `accepted`: the push is on disk here, and goes out. `waiting`: the device is not there, and the push waits for it. `published`: it was
 * sent, and until the device has answered it is sent again at each of its connections. `expired`: it has expired, or was taken back,
 * before the device had it.
 */
export type DeliveryState = "accepted" | "waiting" | "published" | "expired";

/** The state of a push at one recipient. */
export interface Delivery {
  /** uid of the device. */
  readonly device: string;
  readonly state: DeliveryState;
  /** Milliseconds since 1970. */
  readonly publishedAtMs?: number;
  readonly receipts: readonly Receipt[];
}

/** A push with its deliveries, sorted by device. Lists and events hold only the first few. */
export interface PushWithDeliveries extends Push {
  readonly deliveries: readonly Delivery[];
}

/** Events of pushes in the event stream: a new push, or a change at one recipient. */
export type PushEvent =
  | { readonly type: "push"; readonly push: PushWithDeliveries }
  | { readonly type: "delivery"; readonly id: string; readonly delivery: Delivery; readonly progress: Progress };

/** When a push is due to be sent, in milliseconds since 1970. */
export function dueAtMs({ acceptedAtMs, delaySeconds = 0 }: Pick<Push, "acceptedAtMs" | "delaySeconds">): number {
  return acceptedAtMs + delaySeconds * 1_000;
}

/** A clock that shows less has not been set since the machine was started: 2024. */
const CLOCK_SET_MS = 1_704_067_200_000;

/** Whether a time, in milliseconds since 1970, comes from a clock that was set. */
export function isClockSet(atMs: number): boolean {
  return atMs >= CLOCK_SET_MS;
}

/** Whether no further receipt is waited for. */
export function isFinished({ state, receipts }: Delivery): boolean {
  return state === "expired" || receipts.some((receipt) => receipt.status !== "stored");
}
