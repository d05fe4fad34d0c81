import { RECEIPTS_BYTES_MAX, RECEIPTS_INFLIGHT_MAX } from "../limits.ts";
import type { OwedReceipts } from "../pager/inbox.ts";
import { encodeReceipt } from "../payload/content.ts";
import { encodeMessage, IM_TYPE, type RawContent } from "../payload/message.ts";
import type { Device } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";

/** The receipts to the senders. One message carries all receipts that wait for one sender. */
export class ReceiptSource implements OutgoingSource {
  private readonly device: Device;
  private inflightCount = 0;

  constructor(device: Device) {
    this.device = device;
  }

  next(): Outgoing | undefined {
    if (this.inflightCount >= RECEIPTS_INFLIGHT_MAX) return undefined;
    const { inbox } = this.device;
    const owed = inbox.nextReceipts();
    return owed && (this.outgoing(owed) ?? this.outgoing(inbox.nextReceipts(1)));
  }

  /** Returns undefined where the receipts are too long for one message. */
  private outgoing(owed: OwedReceipts | undefined): Outgoing | undefined {
    if (!owed) return undefined;
    const { inbox, topics, wallClock } = this.device;
    const contents = owed.receipts.map(({ id, stage, answer }) => encodeReceipt(id, stage, answer));
    const handleSent = () => {
      this.inflightCount += 1;
      inbox.handleReceiptsSent(owed);
    };
    const handleTaken = (problem?: string) => {
      this.inflightCount -= 1;
      inbox.handleReceiptsTaken(owed, problem !== undefined);
    };
    const common = { qos: 1, retain: false, handleSent, handleTaken } as const;
    const [first] = contents as [RawContent];
    if (owed.sender === "") return { topic: topics.pageReceipts, payload: first.content, ...common };
    const payload = encodeMessage({
      timestampSeconds: Math.floor(wallClock() ?? 0),
      imType: IM_TYPE.receipt,
      contents,
      sender: topics.uid,
    });
    if (payload.length > RECEIPTS_BYTES_MAX && contents.length > 1) return undefined;
    return { topic: topics.messagesOf(owed.sender), payload, ...common };
  }
}
