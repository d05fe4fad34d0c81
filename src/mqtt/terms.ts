/**
 * What the next CONNECT asks for: which version, and how much of the will. A broker that refuses it, or closes on it, is asked for
 * less.
 */
import { UsageError } from "../errors.ts";
import { PROVEN_DROPS_MAX } from "../limits.ts";
import type { ProtocolLevel, Will } from "./packet.ts";
import type { ProtocolSetting, SessionOptions } from "./session-types.ts";
import { isTopicName } from "./topic.ts";
import { WillChoice } from "./will-choice.ts";

export class Terms {
  /** `auto` begins with MQTT 5. It changes when the broker refuses that, or drops the connection before CONNACK. */
  level: ProtocolLevel;
  private readonly setting: ProtocolSetting;
  private readonly choice: WillChoice;
  /** The broker has accepted this version. */
  private isProven: boolean;
  private dropCount = 0;
  /** What the last CONNECT asked for, in words. */
  private last: string;

  /** @param knownLevel what the broker accepted before. Throws a `UsageError` if the will's topic is no topic name. */
  constructor({ will, protocol, authentication }: SessionOptions, knownLevel: ProtocolLevel | undefined) {
    if (will && !isTopicName(will.topic)) throw new UsageError(`will topic ${will.topic}: not a topic name`);
    // A method of authentication needs MQTT 5.
    this.setting = authentication ? "5" : protocol;
    this.level = this.setting === "3.1.1" ? 4 : this.setting === "5" ? 5 : (knownLevel ?? 5);
    this.isProven = knownLevel !== undefined;
    this.choice = new WillChoice(will);
    this.last = this.description;
  }

  get will(): Will | undefined {
    return this.choice.current;
  }

  /** CONNECT was accepted. Returns whether the connection ends at once, so that the whole will is tried once more. */
  handleAccepted(): boolean {
    this.isProven = true;
    this.dropCount = 0;
    return this.choice.handleAccepted();
  }

  /** CONNECT was refused. Returns whether less is to be asked for at once. */
  handleRefused(reasonCode: number): boolean {
    const isOfVersion = reasonCode === 0x84 || (this.level === 4 && reasonCode === 1);
    return (isOfVersion && this.changeVersion()) || this.choice.handleRefused(reasonCode);
  }

  /** The connection ended before CONNACK. Returns whether another version is to be tried at once. */
  handleDropped(): boolean {
    this.choice.handleDropped();
    this.dropCount += 1;
    return !(this.isProven && this.dropCount < PROVEN_DROPS_MAX) && this.changeVersion();
  }

  /** Why a connection has ended, with what the next one asks for if that has changed. */
  explain(reason: string): string {
    const description = this.description;
    if (description === this.last) return reason;
    this.last = description;
    return `${reason}; goes on with ${description}`;
  }

  /** Returns whether another version is to be tried at once: not where that was refused, too. */
  private changeVersion(): boolean {
    if (this.setting !== "auto") return false;
    this.level = this.level === 5 ? 4 : 5;
    this.isProven = false;
    this.dropCount = 0;
    return this.level === 4;
  }

  private get description(): string {
    return (this.level === 5 ? "MQTT 5" : "MQTT 3.1.1") + this.choice.description;
  }
}
