/**
 * Commands to this device, and the result of each. The device obeys a command when it is not retained, is fresh, and was not
 * obeyed before:
 *
 * - It is fresh when `at` and `ex` say so by the device's clock. A sender without a clock, or a device whose clock is not set,
 *   needs MQTT 5 and a message expiry: then the broker keeps the time. `Routes` passes no retained command on.
 * - It is new when its id is not on record. The record holds the ids of the last commands that were done, across reboots. The
 *   device answers a repeated id and does not act again. So a sender without a result may send the same command again.
 */
import { FormatError, messageOf } from "../errors.ts";
import {
  COMMAND_CLOCK_SECONDS,
  COMMAND_REASON_MAX,
  COMMAND_RESTART_MS,
  COMMAND_RESULTS_MAX,
  COMMANDS_REMEMBERED_MAX,
  IDENTIFY_SECONDS,
  PRESENCE_CONTEXT_BYTES_MAX,
} from "../limits.ts";
import type { Publish } from "../mqtt/packet.ts";
import { messageFingerprint } from "../pager/message-name.ts";
import {
  type Command,
  type CommandHead,
  type CommandResult,
  decodeCommand,
  decodeCommandHead,
  encodeCommandResult,
  type UpdateCommand,
} from "../payload/command.ts";
import type { Store } from "../seams.ts";
import { utf8Length } from "../utf8.ts";
import type { Device } from "./device.ts";
import type { Diagnostics } from "./diagnostics.ts";
import type { LogSource } from "./log-source.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import type { PresenceSource } from "./presence-source.ts";
import type { QuietHours } from "./quiet-hours.ts";
import type { Route } from "./routes.ts";
import type { StoredSettings } from "./stored-settings.ts";
import { readJson, writeText } from "./text-record.ts";
import type { UpdateResult, Updates } from "./updates.ts";

/** What commands act on, apart from the inbox. */
export interface CommandParts {
  readonly quietHours: QuietHours;
  readonly presence: PresenceSource;
  readonly diagnostics: Diagnostics;
  readonly log: LogSource;
  readonly updates: Updates;
  /** undefined where the host stores no settings. */
  readonly storedSettings: StoredSettings | undefined;
}

/** The record: a JSON array with the ids of the commands that were done, newest last. */
const KEY = "commands";

/** The device did not do a command. The message says why. */
class Refusal extends Error {}

export class Commands implements Route, OutgoingSource {
  readonly topicFilters: readonly string[];
  private readonly device: Device;
  private readonly parts: CommandParts;
  private readonly done: string[];
  /** What waits to be sent. `sentCount` counts those that are on their way. */
  private readonly results: { readonly payload: Uint8Array; readonly handleTaken: () => void }[] = [];
  private sentCount = 0;
  private restartMs: number | undefined;

  constructor(device: Device, parts: CommandParts) {
    this.device = device;
    this.parts = parts;
    this.topicFilters = [device.topics.commands];
    this.done = readDone(device.store);
  }

  matches(topic: string): boolean {
    return topic === this.topicFilters[0];
  }

  take(publish: Publish, nowMs: number): boolean {
    let id: string | undefined;
    try {
      const head = decodeCommandHead(publish.payload);
      id = head.id;
      const isAgain = this.done.includes(id);
      if (!isAgain) this.obey(head, publish.properties.messageExpiryInterval, nowMs);
      this.answer({ id, ok: true, note: isAgain ? "done before" : NOTES[String(head.object.do)] });
    } catch (error) {
      // A failure of the store is an answer too: the sender may try again.
      const reason = messageOf(error);
      this.answer({ id, ok: false, error: short(reason) });
      if (error instanceof FormatError) throw error;
      this.device.events.log(`command ${id}: ${reason}`);
    }
    return true;
  }

  /** An update has ended. @param handleTaken is called when the broker has the result */
  tellUpdate({ id, error, note }: UpdateResult, handleTaken: () => void): void {
    if (id === "") handleTaken();
    else this.answer({ id, ok: error === undefined, error: error && short(error), note }, handleTaken);
  }

  /** When to call `handleTimeout`, or undefined. */
  get timeoutMs(): number | undefined {
    return this.restartMs;
  }

  /** Restarts. The device no longer waits for the broker to take the result. */
  handleTimeout(nowMs: number): void {
    if (this.restartMs === undefined || nowMs < this.restartMs) return;
    this.restartMs = undefined;
    this.device.events.tell({ type: "restart" });
  }

  next(): Outgoing | undefined {
    const [result] = this.results;
    if (!result) return undefined;
    const { payload } = result;
    const handleSent = () => {
      this.results.shift();
      this.sentCount += 1;
    };
    const handleTaken = () => {
      this.sentCount -= 1;
      result.handleTaken();
      if (this.sentCount + this.results.length === 0) this.handleTimeout(Number.POSITIVE_INFINITY);
    };
    return { topic: this.device.topics.commandResults, payload, qos: 1, retain: false, handleSent, handleTaken };
  }

  private obey(head: CommandHead, messageExpirySeconds: number | undefined, nowMs: number): void {
    const command = decodeCommand(head);
    this.checkFresh(head, messageExpirySeconds);
    if (command.name === "update") this.want(head.id, command);
    else if (command.name !== "restart") this.act(command, head.id, nowMs);
    this.remember(head.id);
    // The restart comes after the record. Without a record, the same command would restart the device again and again.
    if (command.name === "restart" || command.name === "update") this.restartMs = nowMs + COMMAND_RESTART_MS;
    this.device.events.log(`command ${head.id}: ${command.name}`);
  }

  private checkFresh({ atSeconds, expirySeconds }: CommandHead, messageExpirySeconds: number | undefined): void {
    const now = this.device.wallClock();
    if (atSeconds !== undefined && now !== undefined) {
      if (now > atSeconds + expirySeconds)
        throw new Refusal(`stale: it expired ${Math.floor(now - atSeconds - expirySeconds)} s ago`);
      if (atSeconds > now + COMMAND_CLOCK_SECONDS)
        throw new Refusal(`at is ${Math.ceil(atSeconds - now)} s ahead of the device's clock`);
    } else if (messageExpirySeconds === undefined)
      throw new Refusal(
        atSeconds === undefined
          ? "neither at nor a message expiry: the device cannot know whether it is stale"
          : "the device's clock is not set and there is no message expiry: the device cannot know whether it is stale",
      );
  }

  private want(id: string, command: UpdateCommand): void {
    const refusal = this.parts.updates.want(id, command);
    if (refusal !== undefined) throw new Refusal(refusal);
  }

  private act(command: Exclude<Command, { name: "restart" | "update" }>, id: string, nowMs: number): void {
    const { quietHours, presence, diagnostics, log, storedSettings } = this.parts;
    const { inbox } = this.device;
    switch (command.name) {
      case "retract":
        if (!inbox.retract(this.find(command))) throw new Refusal("there is no such message");
        break;
      case "read":
        if (!inbox.markRead(this.find(command))) throw new Refusal("there is no such unread message");
        break;
      case "quiet":
        if (!quietHours.set(command.hours))
          throw new Refusal("hours: expected for example 22:00-07:00, on, off or setting");
        break;
      case "presence":
        if (utf8Length(command.text) > PRESENCE_CONTEXT_BYTES_MAX)
          throw new Refusal(`text: expected at most ${PRESENCE_CONTEXT_BYTES_MAX} bytes`);
        presence.choose(command.status === undefined ? undefined : { status: command.status, context: command.text });
        break;
      case "settings": {
        const problems = storedSettings?.change(command.set) ?? ["settings cannot be changed on this host"];
        if (problems.length) throw new Refusal(problems.join("; "));
        break;
      }
      case "log":
        diagnostics.log();
        if (command.lines !== undefined) log.tellLast(id, command.lines);
        else log.follow(id, command.seconds as number, nowMs);
        break;
      case "identify":
        this.identify();
    }
  }

  /** Sequence of the message that a command names, or -1 where there is no such message. */
  private find({ message, from }: { readonly message: string; readonly from: string | undefined }): number {
    return this.device.inbox.findId(message, from) ?? -1;
  }

  /** Sounds and shows the device's uid, also during quiet hours. Somebody is looking for it among many. */
  private identify(): void {
    const { inbox, topics, random, wallClock, events } = this.device;
    const nowSeconds = wallClock();
    const timestampSeconds = Math.floor(nowSeconds ?? 0);
    inbox.insert(
      {
        fingerprint: messageFingerprint(topics.uid, String(random()), new Uint8Array()),
        sender: "",
        title: "Here I am",
        text: topics.uid,
        priority: 3,
        timestampSeconds,
        expiresSeconds: nowSeconds === undefined ? undefined : timestampSeconds + IDENTIFY_SECONDS,
      },
      nowSeconds,
    );
    events.tell({ type: "alert", priority: 5 });
  }

  private remember(id: string): void {
    const done = [...this.done, id].slice(-COMMANDS_REMEMBERED_MAX);
    writeText(this.device.store, KEY, JSON.stringify(done));
    this.done.splice(0, this.done.length, ...done);
  }

  private answer(result: CommandResult, handleTaken: () => void = () => {}): void {
    if (this.results.length === COMMAND_RESULTS_MAX) this.results.shift();
    this.results.push({ payload: encodeCommandResult(result), handleTaken });
  }
}

function short(reason: string): string {
  return reason.length > COMMAND_REASON_MAX ? `${reason.slice(0, COMMAND_REASON_MAX - 1)}…` : reason;
}

const NOTES: Readonly<Record<string, string | undefined>> = Object.freeze({
  settings: "takes effect at the next start",
  log: "the lines follow",
  update: "the device restarts to load it, and tells how it ended in a second result",
});

function readDone(store: Store): string[] {
  const done = readJson(store, KEY);
  return Array.isArray(done) ? done.filter((id) => typeof id === "string") : [];
}
