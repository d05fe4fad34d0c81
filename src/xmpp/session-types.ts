/** What a session is told when it is made, what it sends, and what it tells. */
import type { BackoffLimits } from "../connection/backoff.ts";
import type { LearnedInterval } from "../connection/interval-learner.ts";
import type { Stage } from "../stages.ts";

export interface SessionOptions {
  /** Address of this account, `local@domain`. */
  readonly jid: string;
  readonly password: string;
  /** What this connection is called beside others of the account. The server may choose another. */
  readonly resource: string;
  /**
   * `direct`: the transport is TLS from its beginning. `starttls`: TLS begins within the stream, or there is no connection. `none`:
   * there is none. Then no password leaves in the clear, except to register.
   */
  readonly tls: "none" | "starttls" | "direct";
  /** An unknown account is registered (XEP-0077), once for each connection. The server then gets the password in the clear. */
  readonly mayRegister: boolean;
  /** Accounts whose presence is wanted, and who may see ours. Bare addresses. */
  readonly contacts: readonly string[];
  /** Longest time between two heartbeats. */
  readonly keepAliveSeconds: number;
  /** Shortest time between them. Learning begins there. Default: `keepAliveSeconds`, and nothing is learned. */
  readonly keepAliveMinSeconds?: number | undefined;
  /** What was learned of this network before. The event `intervalLearned` tells it. */
  readonly learnedInterval?: LearnedInterval | undefined;
  /** Default: `BACKOFF_BASE_MS` and `BACKOFF_MAX_MS`. */
  readonly backoff?: BackoffLimits | undefined;
  /** The largest stanza that is read, in bytes. Default: `STANZA_BYTES_MAX`. */
  readonly stanzaBytesMax?: number | undefined;
}

/** What a contact shows (RFC 6121, 4.7.2.1). `available`: no `show`. */
export type Show = "available" | "chat" | "away" | "xa" | "dnd" | "unavailable";

/** What can be sent. `to` is an address. */
export type Outgoing =
  | {
      readonly type: "message";
      readonly to: string;
      readonly id: string;
      /** Default: `chat`. */
      readonly kind?: "chat" | "normal" | "headline" | undefined;
      readonly subject?: string | undefined;
      readonly body: string;
      /** Address of a further resource (XEP-0066). */
      readonly link?: string | undefined;
      /** Asks for receipts: XEP-0184 and XEP-0333. */
      readonly wantsReceipts?: boolean | undefined;
    }
  /** A push as androidpn has it. `result` tells the answer, which comes after the receiver has stored it. */
  | {
      readonly type: "notification";
      readonly to: string;
      readonly id: string;
      readonly title: string;
      readonly message: string;
      readonly uri: string;
      readonly wantsReceipts?: boolean | undefined;
    }
  /** What has happened to a message of somebody else. @see `receiptOf` for what is sent */
  | {
      readonly type: "receipt";
      readonly to: string;
      readonly id: string;
      readonly stage: Stage;
      readonly answer?: string;
    }
  | { readonly type: "presence"; readonly show: Show; readonly status: string };

/** A message or a notification that has come. All texts are as they came. */
export interface IncomingMessage {
  readonly kind: "chat" | "normal" | "headline" | "notification";
  /** Who sent it: an address with its resource. Our server, where it names nobody. */
  readonly from: string;
  /** Empty: it has none. */
  readonly id: string;
  /** Empty: none. */
  readonly subject: string;
  readonly body: string;
  readonly link: string;
  /** When it was sent, where it came late (XEP-0203): ISO 8601. Empty: now. */
  readonly sentAt: string;
  /** The sender asks to be told when it is stored (XEP-0184). */
  readonly wantsReceived: boolean;
  /** The sender asks to be told what the reader does (XEP-0333). */
  readonly isMarkable: boolean;
}

export type SessionEvent =
  /** Open a connection, then call `handleConnected` or `handleClosed`. */
  | { readonly type: "open" }
  /** Send what `pollTransmit` gives, begin TLS on the connection that stands, then call `handleConnected` or `handleClosed`. */
  | { readonly type: "secure" }
  /** Close the connection after what `pollTransmit` gives has been sent. */
  | { readonly type: "close" }
  /** `isResumed`: the server has kept the former stream and loses nothing of it. @param jid our address with its resource */
  | { readonly type: "connected"; readonly isResumed: boolean; readonly jid: string; readonly mechanism: string }
  | {
      readonly type: "disconnected";
      readonly reason: string;
      readonly retryMs: number;
      /** Where the server sends us instead, `host` or `host:port`. Without TLS where TLS is wanted nobody is believed. */
      readonly redirect?: string | undefined;
    }
  /** The account is new. */
  | { readonly type: "registered" }
  /** Answer it by `acknowledge(token)` once it is safe. */
  | { readonly type: "message"; readonly message: IncomingMessage; readonly token: number }
  | {
      readonly type: "receipt";
      readonly from: string;
      readonly id: string;
      readonly stage: Stage;
      readonly answer?: string;
    }
  /** @param from a bare address */
  | { readonly type: "presence"; readonly from: string; readonly show: Show; readonly status: string }
  /** A stanza above the limits was passed over. @param from an address, or empty */
  | { readonly type: "oversize"; readonly from: string; readonly bytes: number }
  /** The server has taken what `send` gave this token. */
  | { readonly type: "acknowledged"; readonly token: number }
  /** The receiver of a notification has answered. @param problem empty: it has it */
  | { readonly type: "result"; readonly token: number; readonly problem: string }
  /** A message came back. @param reason a condition of RFC 6120, 8.3.3, and the server's words */
  | { readonly type: "bounced"; readonly id: string; readonly from: string; readonly reason: string }
  /** How long the network lets a connection be idle. Remember it for `learnedInterval`. */
  | { readonly type: "intervalLearned"; readonly learned: LearnedInterval };
