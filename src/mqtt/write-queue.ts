/** Small packets on their way into the transmit buffer. They wait for room, and for the end of a message that leaves in pieces. */
import type { ByteWriter } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { PUBLISH_BYTES_MAX, REASON_STRING_BYTES_MAX, UNFINISHED_MAX } from "../limits.ts";
import { writeAcknowledgement } from "./encoder.ts";
import { DISCONNECT_REASON } from "./reason-codes.ts";
import type { Sender } from "./sender.ts";

/** An acknowledgement with its reason code and reason string. */
export const ANSWER_BYTES_MAX = 9 + REASON_STRING_BYTES_MAX;

/** A packet that waits. There may be many answers. As values they take less memory than as functions. */
type Waiting = { readonly bytesMax: number } & (
  | { readonly write: () => void }
  | { readonly type: "pubcomp" | "pubrel"; readonly packetIdentifier: number; readonly reasonCode: number }
);

export class WriteQueue {
  private readonly transmit: ByteWriter;
  private readonly waiting: Waiting[] = [];
  private readonly sender: Pick<Sender, "isSending">;

  constructor(transmit: ByteWriter, sender: Pick<Sender, "isSending">) {
    this.transmit = transmit;
    this.sender = sender;
  }

  /** A packet of at most `PUBLISH_BYTES_MAX` bytes. */
  write(packet: () => void): void {
    this.add({ bytesMax: PUBLISH_BYTES_MAX, write: packet });
  }

  answer(type: "pubcomp" | "pubrel", packetIdentifier: number, reasonCode: number): void {
    this.add({ bytesMax: ANSWER_BYTES_MAX, type, packetIdentifier, reasonCode });
  }

  /** Writes what there is room for. Returns whether nothing waits now. */
  flush(): boolean {
    for (let packet = this.waiting[0]; packet && !this.sender.isSending; packet = this.waiting[0]) {
      if (this.transmit.free < packet.bytesMax) break;
      this.waiting.shift();
      if ("write" in packet) packet.write();
      else writeAcknowledgement(this.transmit, packet.type, packet.packetIdentifier, packet.reasonCode);
    }
    return this.waiting.length === 0;
  }

  clear(): void {
    this.waiting.length = 0;
  }

  private add(packet: Waiting): void {
    if (this.waiting.length >= UNFINISHED_MAX)
      throw new ProtocolError(
        `more than ${UNFINISHED_MAX} packets to answer`,
        DISCONNECT_REASON.receiveMaximumExceeded,
      );
    this.waiting.push(packet);
    this.flush();
  }
}
