/** A push as the station keeps it, answers it and streams it. Shared with the console and the command line: nothing of Node. */

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
  /** uid of a device, a person or a group, or `everyone`. */
  readonly to: string;
  readonly text: string;
  readonly title?: string;
  /** 1 (lowest) to 5; 3 when left out. */
  readonly priority?: number;
  /** Seconds after which the message is worthless. */
  readonly expirySeconds?: number;
  /** Replaces an unread message of the same key. */
  readonly collapseKey?: string;
  /** Up to 3 answers for the buttons. */
  readonly choices?: readonly string[];
  /** Address of a picture. */
  readonly picture?: string;
  /** Address of a further resource. */
  readonly link?: string;
}

/** How many of the recipients it has got how far. A device counts once for each receipt. */
export interface Progress extends Readonly<Record<ReceiptStatus, number>> {
  readonly recipients: number;
  /** With the broker, in the device's queue. */
  readonly published: number;
  /** Nothing more can happen there that anyone waits for. */
  readonly finished: number;
}

/** Of a push that has got nowhere yet. */
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
 * `accepted`: on disk here. `waiting`: nobody has ever subscribed for that uid; it goes out when someone does.
 * `published`: in the device's queue at the broker. `expired`: it became worthless while it waited here.
 */
export type DeliveryState = "accepted" | "waiting" | "published" | "expired";

/** What became of a push at one of its recipients. */
export interface Delivery {
  /** uid of the device. */
  readonly device: string;
  readonly state: DeliveryState;
  /** Milliseconds since 1970. */
  readonly publishedAtMs?: number;
  readonly receipts: readonly Receipt[];
}

/** A push with its deliveries, by device; in a list and in an event only with the first few. */
export interface PushWithDeliveries extends Push {
  readonly deliveries: readonly Delivery[];
}

/** What the event stream says of pushes: a new one, or what has changed at one recipient. */
export type PushEvent =
  | { readonly type: "push"; readonly push: PushWithDeliveries }
  | { readonly type: "delivery"; readonly id: string; readonly delivery: Delivery; readonly progress: Progress };

/** Nothing more can happen to it that anyone waits for. */
export function isFinished({ state, receipts }: Delivery): boolean {
  return state === "expired" || receipts.some((receipt) => receipt.status !== "stored");
}
