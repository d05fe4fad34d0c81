/**
 * The record by which ESP-IDF's boot loader chooses between the two slots (`esp_ota_select_entry_t`, partition `otadata`). It has two
 * entries, one in each block of the partition, so that one stays while the other is written.
 *
 * | offset | bytes | content |
 * |---|---|---|
 * | 0 | 4 | sequence, little-endian: the entry with the higher one holds, and slot (sequence - 1) mod 2 starts; 0xFFFFFFFF: none |
 * | 4 | 20 | label, not used |
 * | 24 | 4 | state of the program, little-endian, see `STATE` |
 * | 28 | 4 | CRC-32 of the sequence, from a register of 0 |
 *
 * When the boot loader starts a new program, it writes `onTrial`. When it finds `onTrial` at the next start, it writes `aborted`, and the
 * other entry holds. (`CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE`)
 */

/** A partition. All methods throw what the flash throws. Erased bytes are 0xFF. */
export interface Partition {
  read(byteLength: number, byteOffset: number): ArrayBuffer;
  eraseBlock(first: number, end?: number): void;
  write(bytes: Uint8Array, byteOffset: number): void;
  status(): { readonly size: number; readonly blockLength: number };
}

const STATE = Object.freeze({ new: 0, onTrial: 1, valid: 2, invalid: 3, aborted: 4 } as const);

const ENTRY_BYTES = 32;
const STATE_OFFSET = 24;
const CRC_OFFSET = 28;
const NO_SEQUENCE = 0xffff_ffff;

/** Reversed polynomial of CRC-32. */
const POLYNOMIAL = 0xedb8_8320;

interface Entry {
  readonly block: number;
  readonly sequence: number;
  readonly state: number;
}

export class BootRecord {
  private readonly partition: Partition;
  private readonly blockBytes: number;

  constructor(partition: Partition) {
    this.partition = partition;
    this.blockBytes = partition.status().blockLength;
  }

  /** Whether the program that runs has not been confirmed. If it is not before the next start, the former one comes back. */
  get isOnTrial(): boolean {
    return this.active?.state === STATE.onTrial;
  }

  /** The program that runs stays. */
  confirm(): void {
    const { active } = this;
    if (active?.state === STATE.onTrial) this.write(active.block, active.sequence, STATE.valid);
  }

  /** From the next start on, the other slot is on trial. */
  activateOther(): void {
    const { active } = this;
    // Without an entry the boot loader starts the first slot, for which it writes sequence 1.
    this.write(active === undefined ? 0 : 1 - active.block, (active?.sequence ?? 1) + 1, STATE.new);
  }

  /** The entry by which the boot loader has chosen. */
  private get active(): Entry | undefined {
    const [first, second] = [this.readEntry(0), this.readEntry(1)];
    if (!first || !second) return first ?? second;
    return second.sequence > first.sequence ? second : first;
  }

  /** Returns undefined for an entry that the boot loader does not use. */
  private readEntry(block: number): Entry | undefined {
    const view = new DataView(this.partition.read(ENTRY_BYTES, block * this.blockBytes));
    const sequence = view.getUint32(0, true);
    const state = view.getUint32(STATE_OFFSET, true);
    if (sequence === NO_SEQUENCE || state === STATE.invalid || state === STATE.aborted) return undefined;
    return view.getUint32(CRC_OFFSET, true) === sequenceCrc(sequence) ? { block, sequence, state } : undefined;
  }

  private write(block: number, sequence: number, state: number): void {
    const bytes = new Uint8Array(ENTRY_BYTES).fill(0xff);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, sequence, true);
    view.setUint32(STATE_OFFSET, state, true);
    view.setUint32(CRC_OFFSET, sequenceCrc(sequence), true);
    this.partition.eraseBlock(block);
    this.partition.write(bytes, block * this.blockBytes);
  }
}

/** Over the four bytes of the sequence, little-endian. */
export function sequenceCrc(sequence: number): number {
  let register = sequence;
  for (let bit = 0; bit < 32; bit += 1) register = (register >>> 1) ^ ((register & 1) * POLYNOMIAL);
  return ~register >>> 0;
}
