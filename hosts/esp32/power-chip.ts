/**
 * Takes the place of the SDK's driver of the AXP2101 on the CoreS3. There the SDK keeps its driver to itself, and a bus has one connection to
 * an address. This one is the global `powerChip`, and has what the SDK's start of the board uses.
 */
/** A chip with registers of one byte. */
export interface PowerChip {
  readByte(register: number): number;
  writeByte(register: number, value: number): void;
}

/** The part of the SDK's `SMBus` that is used. */
interface Bus {
  readUint8(register: number): number;
  writeUint8(register: number, value: number): void;
}

interface Pins {
  readonly data: number;
  readonly clock: number;
}

const ADDRESS = 0x34;
const HERTZ = 400_000;

class AXP2101 implements PowerChip {
  private readonly io: Bus;

  constructor({ sensor }: { sensor: Pins & { io: new (options: Pins & { address: number; hz: number }) => Bus } }) {
    this.io = new sensor.io({ hz: HERTZ, address: ADDRESS, ...sensor });
    (globalThis as unknown as { powerChip: PowerChip }).powerChip = this;
  }

  readByte(register: number): number {
    return this.io.readUint8(register);
  }

  writeByte(register: number, value: number): void {
    this.io.writeUint8(register, value);
  }
}

export default AXP2101;
