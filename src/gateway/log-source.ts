import { LOG_FOLLOW_MS, LOG_MESSAGE_BYTES_MAX } from "../limits.ts";
import { encodeCommandResult } from "../payload/command.ts";
import { utf8Length } from "../utf8.ts";
import type { Device } from "./device.ts";
import type { LogLines } from "./log-lines.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";

/** What a command asked for: the lines from `from` on, up to the line `to`, or those that come until `untilMs`. */
interface Request {
  readonly id: string;
  from: number;
  readonly to: number;
  readonly untilMs: number | undefined;
}

/**
 * Tells the lines of the log as further results of the command that asked for them. `more` says that others follow. One request is
 * answered at a time. A new one takes its place.
 */
export class LogSource implements OutgoingSource {
  private readonly device: Device;
  private readonly lines: LogLines;
  private request: Request | undefined;
  private isInFlight = false;
  /** The next lines leave then. A line that follows from a message must not lead to another message at once. */
  private nextMs = 0;

  constructor(device: Device, lines: LogLines) {
    this.device = device;
    this.lines = lines;
  }

  /** The last lines, at most `count`. */
  tellLast(id: string, count: number): void {
    const { next, first } = this.lines;
    this.request = { id, from: Math.max(first, next - count), to: next, untilMs: undefined };
  }

  /** The lines that come within this time. */
  follow(id: string, seconds: number, nowMs: number): void {
    this.request = { id, from: this.lines.next, to: Number.POSITIVE_INFINITY, untilMs: nowMs + seconds * 1000 };
  }

  /** When `next` will have something, or undefined. */
  timeoutMs(nowMs: number): number | undefined {
    const dueMs = this.dueMs;
    return dueMs !== undefined && dueMs > nowMs ? dueMs : undefined;
  }

  next(nowMs: number): Outgoing | undefined {
    const { request } = this;
    const dueMs = this.dueMs;
    if (!request || dueMs === undefined || nowMs < dueMs) return undefined;
    const { id, untilMs } = request;
    const { first, next } = this.lines;
    const to = Math.min(request.to, next);
    const log: string[] = [];
    let at = Math.max(request.from, first);
    const missed = at - request.from;
    for (let bytes = 0; at < to; at += 1) {
      const line = this.lines.at(at);
      bytes += utf8Length(JSON.stringify(line)) + 1;
      if (bytes > LOG_MESSAGE_BYTES_MAX && log.length > 0) break;
      log.push(line);
    }
    const more = at < to || (untilMs !== undefined && nowMs < untilMs);
    const payload = encodeCommandResult({ id, ok: true, log, missed: missed || undefined, more: more || undefined });
    const handleSent = () => {
      request.from = at;
      this.isInFlight = true;
      this.nextMs = untilMs === undefined ? nowMs : nowMs + LOG_FOLLOW_MS;
      if (!more && this.request === request) this.request = undefined;
    };
    const handleTaken = () => {
      this.isInFlight = false;
    };
    return { topic: this.device.topics.commandResults, payload, qos: 1, retain: false, handleSent, handleTaken };
  }

  /** When the next lines may leave. undefined: there is nothing to wait for. */
  private get dueMs(): number | undefined {
    const { request } = this;
    if (!request || this.isInFlight) return undefined;
    const isNew = request.untilMs === undefined || this.lines.next > request.from;
    return isNew ? this.nextMs : Math.max(this.nextMs, request.untilMs);
  }
}
