/**
 * What the next CONNECT asks for: which version, and how much of the will. A broker that refuses it, or closes on it, is asked for
 * less.
 */
import { UsageError } from "../errors.ts";
import type { ProtocolLevel, Will } from "./packet.ts";
import type { SessionOptions } from "./session-types.ts";
import { isTopicName } from "./topic.ts";
import { VersionChoice } from "./version.ts";
import { WillChoice } from "./will-choice.ts";

export class Terms {
  private readonly version: VersionChoice;
  private readonly choice: WillChoice;
  /** What the last CONNECT asked for, in words. */
  private last: string;

  /** @param knownLevel what the broker accepted before. Throws a `UsageError` if the will's topic is no topic name. */
  constructor({ will, protocol, authentication }: SessionOptions, knownLevel: ProtocolLevel | undefined) {
    if (will && !isTopicName(will.topic)) throw new UsageError(`will topic ${will.topic}: not a topic name`);
    // A method of authentication needs MQTT 5.
    this.version = new VersionChoice(authentication ? "5" : protocol, knownLevel);
    this.choice = new WillChoice(will);
    this.last = this.description;
  }

  get level(): ProtocolLevel {
    return this.version.level;
  }

  get will(): Will | undefined {
    return this.choice.current;
  }

  /** CONNECT was accepted. Returns whether the connection ends at once, so that the whole will is tried once more. */
  handleAccepted(): boolean {
    this.version.handleAccepted();
    return this.choice.handleAccepted();
  }

  /** CONNECT was refused. Returns whether less is to be asked for at once. */
  handleRefused(reasonCode: number): boolean {
    return this.version.handleRefused(reasonCode) || this.choice.handleRefused(reasonCode);
  }

  /** The connection ended before CONNACK. Returns whether another version is to be tried at once. */
  handleDropped(): boolean {
    this.choice.handleDropped();
    return this.version.handleDropped();
  }

  /** Why a connection has ended, with what the next one asks for if that has changed. */
  explain(reason: string): string {
    const description = this.description;
    if (description === this.last) return reason;
    this.last = description;
    return `${reason}; goes on with ${description}`;
  }

  private get description(): string {
    return (this.level === 5 ? "MQTT 5" : "MQTT 3.1.1") + this.choice.description;
  }
}
