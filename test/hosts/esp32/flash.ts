/** A simulated flash with two slots and a boot record, and the boot loader. The power can be cut at a chosen write. */
import { type Partition, sequenceCrc } from "../../../hosts/esp32/update/boot-record.ts";

export const BLOCK_BYTES = 4_096;
export const SLOT_BLOCKS = 4;

export class PowerCut extends Error {}

/** Counts the changes of the flash. At the chosen one the power is cut, before it or in the middle of it. */
export class Power {
  changes = 0;
  cutAt = Number.POSITIVE_INFINITY;
  /** How much of the last change happens before the cut, 0 to 1. */
  part = 0.5;

  /** Returns how much of the next change happens, 0 to 1. Below 1 the caller must throw `PowerCut`. */
  change(): number {
    this.changes += 1;
    return this.changes === this.cutAt ? this.part : 1;
  }
}

export class SimulatedPartition implements Partition {
  readonly bytes: Uint8Array;
  readonly #power: Power;

  constructor(blocks: number, power: Power) {
    this.bytes = new Uint8Array(blocks * BLOCK_BYTES).fill(0xff);
    this.#power = power;
  }

  read(byteLength: number, byteOffset: number): ArrayBuffer {
    if (byteOffset + byteLength > this.bytes.length) throw new Error("read failed");
    return this.bytes.slice(byteOffset, byteOffset + byteLength).buffer;
  }

  eraseBlock(first: number, end = first + 1): void {
    if (end * BLOCK_BYTES > this.bytes.length) throw new Error("erase failed");
    const part = this.#power.change();
    const firstByte = first * BLOCK_BYTES;
    this.bytes.fill(0xff, firstByte, firstByte + part * (end * BLOCK_BYTES - firstByte));
    if (part < 1) throw new PowerCut();
  }

  write(bytes: Uint8Array, byteOffset: number): void {
    if (byteOffset + bytes.length > this.bytes.length) throw new Error("write failed");
    const part = this.#power.change();
    const length = Math.floor(part * bytes.length);
    // Flash can only clear bits.
    for (let at = 0; at < length; at += 1)
      this.bytes[byteOffset + at] = (this.bytes[byteOffset + at] as number) & (bytes[at] as number);
    if (part < 1) throw new PowerCut();
  }

  status(): { size: number; blockLength: number } {
    return { size: this.bytes.length, blockLength: BLOCK_BYTES };
  }
}

export class SimulatedFlash {
  readonly power = new Power();
  readonly slots = [
    new SimulatedPartition(SLOT_BLOCKS, this.power),
    new SimulatedPartition(SLOT_BLOCKS, this.power),
  ] as const;
  readonly record = new SimulatedPartition(2, this.power);

  /**
   * Does what ESP-IDF's boot loader does with `CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE` (`bootloader_utility.c`). Returns the slot
   * that it starts. The power can be cut at its writes too.
   */
  boot(): 0 | 1 {
    const entries = [0, 1].map((block) => this.#entry(block));
    for (const entry of entries) if (entry.state === 1) this.#rewrite(entry, 4);
    const isInvalid = ({ sequence, state }: { sequence: number; state: number }) =>
      sequence === 0xffff_ffff || state === 3 || state === 4;
    if (entries.every(isInvalid)) {
      const isInitial = entries.every(({ sequence, crc }) => sequence === 0xffff_ffff || crc !== sequenceCrc(sequence));
      if (isInitial) this.#rewrite({ block: 0, sequence: 1 }, 2);
      return 0;
    }
    const valid = entries.filter((entry) => !isInvalid(entry) && entry.crc === sequenceCrc(entry.sequence));
    const [active] = valid.sort((a, b) => b.sequence - a.sequence);
    // Without a valid record it tries all partitions in order.
    if (!active) return 0;
    if (active.state === 0) this.#rewrite(active, 1);
    return ((active.sequence - 1) % 2) as 0 | 1;
  }

  #entry(block: number): { block: number; sequence: number; state: number; crc: number } {
    const view = new DataView(this.record.read(32, block * BLOCK_BYTES));
    const number = (at: number) => view.getUint32(at, true);
    return { block, sequence: number(0), state: number(24), crc: number(28) };
  }

  #rewrite(entry: { block: number; sequence: number; state?: number }, state: number): void {
    entry.state = state;
    const bytes = new Uint8Array(32).fill(0xff);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, entry.sequence, true);
    view.setUint32(24, state, true);
    view.setUint32(28, sequenceCrc(entry.sequence), true);
    this.record.eraseBlock(entry.block);
    this.record.write(bytes, entry.block * BLOCK_BYTES);
  }
}
