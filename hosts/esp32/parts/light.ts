import type { Switch } from "../board-parts.ts";

/** A light of the SDK's driver `led`, or of one with the same shape. */
export type LightMaker = new () => { on(): void; off(): void };

export class Light implements Switch {
  private readonly light: InstanceType<LightMaker>;

  constructor(Maker: LightMaker) {
    this.light = new Maker();
  }

  write(on: boolean): void {
    if (on) this.light.on();
    else this.light.off();
  }
}
