/** How much of the will CONNECT tells. A broker that refuses the will, or closes on it, is told less. */
import { CONNECT_DROPS_MAX } from "../limits.ts";
import type { Will } from "./packet.ts";

/** What is left out, as bits. */
const RETAIN = 1;
const QOS = 2;
const ALL = 4;

export class WillChoice {
  private readonly will: Will | undefined;
  /** What the broker refused by its code. */
  private refusedBits = 0;
  /** What was left out because the broker closed. */
  private droppedBits = 0;
  /** The broker has accepted with this left out, and not with less left out. */
  private provenBits = 0;
  private drops = 0;

  constructor(will: Will | undefined) {
    this.will = will;
  }

  get current(): Will | undefined {
    const bits = this.bits;
    const will = this.will;
    if (!will || bits & ALL) return undefined;
    return { ...will, retain: will.retain && !(bits & RETAIN), qos: bits & QOS ? 0 : will.qos };
  }

  /** What is left out, in words. Empty: nothing. */
  get description(): string {
    const bits = this.bits;
    return bits & ALL
      ? ", without a will"
      : bits & RETAIN
        ? ", the will not retained"
        : bits
          ? ", the will of QoS 0"
          : "";
  }

  /** CONNECT was refused with this code. Returns whether less is tried at once. */
  handleRefused(reasonCode: number): boolean {
    const bit = reasonCode === 0x9a ? RETAIN : reasonCode === 0x9b ? QOS : 0;
    if (!this.will || bit === 0 || this.bits & ALL) return false;
    this.refusedBits |= this.bits & bit ? ALL : bit;
    return true;
  }

  /** The connection ended before CONNACK. */
  handleDropped(): void {
    this.drops += 1;
    if (!this.will || (this.provenBits <= this.droppedBits && this.drops < CONNECT_DROPS_MAX)) return;
    this.drops = 0;
    // Leaves out all that had to be left out before, or one thing more.
    this.droppedBits = this.provenBits > this.droppedBits ? this.provenBits : (this.droppedBits * 2 + 1) & 7;
  }

  /** CONNECT was accepted. Returns whether the whole will is tried once more: the broker may only have been busy before. */
  handleAccepted(): boolean {
    this.drops = 0;
    const isNew = this.droppedBits > this.provenBits;
    this.provenBits = this.droppedBits;
    if (isNew) this.droppedBits = 0;
    return isNew;
  }

  private get bits(): number {
    return this.refusedBits | this.droppedBits;
  }
}
