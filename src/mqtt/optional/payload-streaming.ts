/**
 * Payloads that need not fit into memory, on their way out, as `SessionOptions.payloadStreaming`. A payload is read as it leaves,
 * in pieces of one transmit buffer.
 */
import type { ByteWriter } from "../../bytes.ts";
import { messageOf, StoreError } from "../../errors.ts";
import { STREAM_BYTES_MAX } from "../../limits.ts";
import type { PayloadStreaming, StreamSender } from "../extensions.ts";
import { type Outbound, SENDING } from "../outbound.ts";
import { expectAtMost } from "../publish-writer.ts";
import type { PayloadSource } from "../session-types.ts";

/** The message that is on its way in part. */
interface Part {
  readonly entry: Outbound;
  readonly payload: PayloadSource;
  readonly sender: StreamSender;
  readonly transmit: ByteWriter;
  /** What is written of its payload. */
  bytes: number;
}

export class Streaming implements PayloadStreaming {
  private part: Part | undefined;

  get isSending(): boolean {
    return this.part !== undefined;
  }

  check(topic: string, payloadBytes: number): void {
    expectAtMost(STREAM_BYTES_MAX, payloadBytes, topic);
  }

  begin(entry: Outbound, sender: StreamSender, transmit: ByteWriter, nowMs: number): void {
    entry.stage = { is: SENDING, sentMs: nowMs };
    this.part = { entry, payload: entry.payload as PayloadSource, sender, transmit, bytes: 0 };
    this.flush(nowMs);
  }

  flush(nowMs: number): void {
    const part = this.part;
    if (!part) return;
    const { entry, payload, sender, transmit } = part;
    const length = Math.min(transmit.free, payload.length - part.bytes);
    if (length > 0) {
      try {
        payload.read(part.bytes, transmit.grow(length));
      } catch (error) {
        // What was begun can be taken back only by the end of the connection.
        const reason = `a payload cannot be read: ${messageOf(error)}`;
        sender.finish(entry, reason);
        throw new StoreError(reason);
      }
      part.bytes += length;
      entry.stage = { is: SENDING, sentMs: nowMs };
    }
    if (part.bytes < payload.length) return;
    this.part = undefined;
    sender.handleSent(entry, nowMs);
  }

  end(): void {
    this.part = undefined;
  }
}
