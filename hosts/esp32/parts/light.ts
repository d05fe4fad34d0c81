import type { Switch } from "../board-parts.ts";

/** A light of the SDK's driver `led` or `neopixel`, or of one with the same shape. */
export type LightMaker = new () => { on(): void; off(): void; close(): void };

/** A light. Its driver is closed while it is off: an open NeoPixel keeps the chip from light sleep, and has a task of its own. */
export class Light implements Switch {
  private readonly Maker: LightMaker;
  private light: InstanceType<LightMaker> | undefined;

  constructor(Maker: LightMaker) {
    this.Maker = Maker;
  }

  write(on: boolean): void {
    if (on) {
      this.light ??= new this.Maker();
      this.light.on();
      return;
    }
    this.light?.off();
    this.light?.close();
    this.light = undefined;
  }
}
