import type { Sha512 } from "../../../src/update/ed25519.ts";
import type { ImageSlot } from "../../../src/update/updater.ts";
import type { BootRecord, Partition } from "./boot-record.ts";

/** SHA-512 of what is written, piece by piece. */
export interface RunningDigest {
  write(bytes: ArrayBuffer): void;
  close(): ArrayBuffer;
}

/** The slot of the flash that does not run. */
export class FlashSlot implements ImageSlot {
  readonly bytes: number;
  readonly blockBytes: number;
  private readonly partition: Partition;
  private readonly bootRecord: BootRecord;
  private readonly newDigest: () => RunningDigest;

  constructor(partition: Partition, bootRecord: BootRecord, newDigest: () => RunningDigest) {
    const { size, blockLength } = partition.status();
    this.bytes = size;
    this.blockBytes = blockLength;
    this.partition = partition;
    this.bootRecord = bootRecord;
    this.newDigest = newDigest;
  }

  writeBlock(index: number, bytes: Uint8Array): void {
    this.partition.eraseBlock(index);
    this.partition.write(bytes, index * this.blockBytes);
  }

  digest(length: number): Uint8Array {
    const digest = this.newDigest();
    for (let at = 0; at < length; at += this.blockBytes)
      digest.write(this.partition.read(Math.min(this.blockBytes, length - at), at));
    return new Uint8Array(digest.close());
  }

  activate(): void {
    this.bootRecord.activateOther();
  }
}

/** SHA-512 of parts, made of a running digest. */
export function sha512By(newDigest: () => RunningDigest): Sha512 {
  return (parts) => {
    const digest = newDigest();
    for (const part of parts) digest.write(part.slice().buffer as ArrayBuffer);
    return new Uint8Array(digest.close());
  };
}
