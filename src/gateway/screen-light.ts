import type { Device } from "./device.ts";

/** Of the light behind the screen. `dim` can still be read. */
export type Light = "full" | "dim" | "off";

/**
 * The light behind the screen. It is dimmed and switched off when nobody has used the device for the times of the settings. A touch
 * and everything that sounds light it up. What comes without a sound does not.
 */
export class ScreenLight {
  private readonly device: Device;
  private light: Light = "full";
  private usedMs = 0;

  constructor(device: Device) {
    this.device = device;
  }

  /** Nothing can be seen on the screen. */
  get isOff(): boolean {
    return this.light === "off";
  }

  /** When to call `handleTimeout`. undefined: the light stays as it is. */
  get timeoutMs(): number | undefined {
    const { dimMs, offMs } = this.device.settings.screen;
    if (this.isOff) return undefined;
    const after = [this.light === "full" ? dimMs : 0, offMs].filter((each) => each > 0);
    return after.length === 0 ? undefined : this.usedMs + Math.min(...after);
  }

  handleTimeout(nowMs: number): void {
    const { dimMs, offMs } = this.device.settings.screen;
    const idleMs = nowMs - this.usedMs;
    if (offMs > 0 && idleMs >= offMs) this.set("off");
    else if (dimMs > 0 && idleMs >= dimMs) this.set("dim");
  }

  /** Somebody touches the device, or it sounds. */
  handleUsed(nowMs: number): void {
    this.usedMs = nowMs;
    this.set("full");
  }

  private set(light: Light): void {
    if (light === this.light) return;
    this.light = light;
    this.device.events.tell({ type: "light", light });
  }
}
