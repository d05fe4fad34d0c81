/** Messages of the broker above `PACKET_BYTES_MAX`, told in parts as they come, as `SessionOptions.largeMessages`. */
import type { LargeMessages } from "../extensions.ts";
import type { LargePublish, PayloadPart } from "../packet.ts";
import type { SessionEvent } from "../session-types.ts";

export class MessagesInParts implements LargeMessages {
  begin(message: LargePublish): SessionEvent | undefined {
    // A topic or properties above the limit could not be told whole.
    return message.properties && { type: "messageBegin", message };
  }

  part({ payload, isLast }: PayloadPart, token: number): SessionEvent {
    return { type: "messagePart", payload, isLast, token };
  }
}
