import { RECEIPTS_BYTES_MAX, RECEIPTS_INFLIGHT_MAX } from "../limits.ts";
import type { Inbox, OwedReceipts } from "../pager/inbox.ts";
import { encodeReceipt } from "../payload/content.ts";
import { encodeMessage, IM_TYPE, type RawContent } from "../payload/message.ts";
import type { WallClock } from "../seams.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import type { Topics } from "./topics.ts";

/** What the senders are told of their messages; to one sender as much in one message as there is to tell. */
export class ReceiptSource implements OutgoingSource {
  private readonly inbox: Inbox;
  private readonly topics: Topics;
  private readonly wallClock: WallClock;
  private inflightCount = 0;

  constructor(inbox: Inbox, topics: Topics, wallClock: WallClock) {
    this.inbox = inbox;
    this.topics = topics;
    this.wallClock = wallClock;
  }

  next(): Outgoing | undefined {
    if (this.inflightCount >= RECEIPTS_INFLIGHT_MAX) return undefined;
    const owed = this.inbox.nextReceipts();
    return owed && (this.outgoing(owed) ?? this.outgoing(this.inbox.nextReceipts(1)));
  }

  /** undefined where they are too long for one message. */
  private outgoing(owed: OwedReceipts | undefined): Outgoing | undefined {
    if (!owed) return undefined;
    const contents = owed.receipts.map(({ id, stage, answer }) => encodeReceipt(id, stage, answer));
    const handleSent = () => {
      this.inflightCount += 1;
      this.inbox.handleReceiptsSent(owed);
    };
    const handleTaken = () => {
      this.inflightCount -= 1;
      this.inbox.handleReceiptsTaken(owed);
    };
    const common = { qos: 1, retain: false, handleSent, handleTaken } as const;
    const [first] = contents as [RawContent];
    if (owed.sender === "") return { topic: this.topics.pageReceipts, payload: first.content, ...common };
    const payload = encodeMessage({
      timestampSeconds: Math.floor(this.wallClock() ?? 0),
      imType: IM_TYPE.receipt,
      contents,
      sender: this.topics.uid,
    });
    if (payload.length > RECEIPTS_BYTES_MAX && contents.length > 1) return undefined;
    return { topic: this.topics.messagesOf(owed.sender), payload, ...common };
  }
}
