import { PROVEN_DROPS_MAX } from "../limits.ts";
import type { ProtocolLevel } from "./packet.ts";

export type ProtocolSetting = "auto" | "3.1.1" | "5";

/**
 * Which version the next attempt to connect speaks. `auto` begins with MQTT 5. It changes when the broker refuses that, by a reason
 * code or by dropping the connection before CONNACK. What a broker has once accepted is kept.
 */
export class VersionChoice {
  private readonly setting: ProtocolSetting;
  private current: ProtocolLevel;
  private isProven: boolean;
  private dropCount = 0;

  /** @param known what this broker accepted in a former life of the device */
  constructor(setting: ProtocolSetting, known: ProtocolLevel | undefined) {
    this.setting = setting;
    this.current = setting === "3.1.1" ? 4 : setting === "5" ? 5 : (known ?? 5);
    this.isProven = known !== undefined;
  }

  get level(): ProtocolLevel {
    return this.current;
  }

  handleAccepted(): void {
    this.isProven = true;
    this.dropCount = 0;
  }

  /** The broker has refused CONNECT. Returns whether there is another version to try at once. */
  handleRefused(reasonCode: number): boolean {
    return (reasonCode === 0x84 || (this.current === 4 && reasonCode === 1)) && this.handleUnsupported();
  }

  /** The connection ended before CONNACK. Returns whether there is another version to try at once. */
  handleDropped(): boolean {
    this.dropCount += 1;
    return this.isProven && this.dropCount < PROVEN_DROPS_MAX ? false : this.handleUnsupported();
  }

  /** The broker does not speak this version. Returns whether there is another one to try at once. */
  private handleUnsupported(): boolean {
    if (this.setting !== "auto") return false;
    const wasFive = this.current === 5;
    this.current = wasFive ? 4 : 5;
    this.isProven = false;
    this.dropCount = 0;
    return wasFive;
  }
}
