/** The retained message of each topic (3.3.1.3). */
import type { Core } from "./core.ts";
import type { Message } from "./message.ts";
import { encodeRetained, retainedKey } from "./records.ts";
import { levelsOf } from "./topic.ts";

interface Level {
  readonly children: Map<string, Level>;
  message: Message | undefined;
}

const newLevel = (): Level => ({ children: new Map(), message: undefined });

export class Retained {
  readonly #root = newLevel();
  readonly #core: Core;
  #size = 0;
  #bytes = 0;
  /** Those that become worthless some time. */
  #expiring = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether this message has room. One without payload always has: it removes another. */
  hasRoom(topic: string, bytes: number, payloadBytes: number): boolean {
    if (payloadBytes === 0) return true;
    const former = this.get(topic);
    const { retainedMax, retainedBytesMax } = this.#core.limits;
    return (
      this.#size + (former ? 0 : 1) <= retainedMax && this.#bytes - (former?.bytes ?? 0) + bytes <= retainedBytesMax
    );
  }

  get(topic: string): Message | undefined {
    let level: Level | undefined = this.#root;
    for (const name of levelsOf(topic)) level = level?.children.get(name);
    const message = level?.message;
    return message?.isExpired(this.#core.nowMs) ? undefined : message;
  }

  /** Replaces the message of its topic [MQTT-3.3.1-5]. Without payload it only removes it [MQTT-3.3.1-6] [MQTT-3.3.1-7]. */
  set(message: Message): void {
    const former = this.#place(message.topic, message.payload.length > 0 ? message : undefined);
    if (message.payload.length > 0) {
      message.refer(this.#core);
      this.#core.writes.put(retainedKey(message.topic), encodeRetained(message.number));
    } else if (former) this.#core.writes.remove(retainedKey(message.topic));
    former?.release(this.#core);
  }

  /** A message from the store. */
  restore(message: Message): void {
    message.handleRestored(this.#core);
    this.#place(message.topic, message);
  }

  /** Topics with a retained message that a filter matches. */
  topicsOf(filter: string): string[] {
    const names = levelsOf(filter);
    const topics: string[] = [];
    const take = ({ message }: Level) => {
      if (message && !message.isExpired(this.#core.nowMs)) topics.push(message.topic);
    };
    const takeAll = (level: Level): void => {
      take(level);
      for (const child of level.children.values()) takeAll(child);
    };
    const walk = (level: Level, depth: number): void => {
      const name = names[depth];
      if (name === undefined) take(level);
      else if (name !== "+" && name !== "#") {
        const child = level.children.get(name);
        if (child) walk(child, depth + 1);
      } else {
        // `a/#` stands for `a`, too. A wildcard at the beginning does not match `$…` [MQTT-4.7.2-1].
        if (name === "#" && depth > 0) take(level);
        for (const [childName, child] of level.children) {
          if (depth === 0 && childName.startsWith("$")) continue;
          if (name === "#") takeAll(child);
          else walk(child, depth + 1);
        }
      }
    };
    walk(this.#root, 0);
    return topics;
  }

  /** Removes what is worthless. */
  dropExpired(): void {
    if (this.#expiring === 0) return;
    const expired: Message[] = [];
    const look = (level: Level): void => {
      if (level.message?.isExpired(this.#core.nowMs)) expired.push(level.message);
      for (const child of level.children.values()) look(child);
    };
    look(this.#root);
    for (const message of expired) {
      this.#place(message.topic, undefined);
      this.#core.writes.remove(retainedKey(message.topic));
      message.release(this.#core);
    }
  }

  /** Returns the message that was there. */
  #place(topic: string, message: Message | undefined): Message | undefined {
    const names = levelsOf(topic);
    const path: Level[] = [this.#root];
    for (const name of names) {
      const parent = path[path.length - 1] as Level;
      let child = parent.children.get(name);
      if (!child) {
        if (!message) return undefined;
        child = newLevel();
        parent.children.set(name, child);
      }
      path.push(child);
    }
    const last = path[names.length] as Level;
    const former = last.message;
    last.message = message;
    this.#size += (message ? 1 : 0) - (former ? 1 : 0);
    this.#bytes += (message?.bytes ?? 0) - (former?.bytes ?? 0);
    this.#expiring += (isExpiring(message) ? 1 : 0) - (isExpiring(former) ? 1 : 0);
    for (let depth = names.length; depth > 0; depth -= 1) {
      const level = path[depth] as Level;
      if (level.message || level.children.size > 0) break;
      path[depth - 1]?.children.delete(names[depth - 1] as string);
    }
    return former;
  }
}

function isExpiring(message: Message | undefined): boolean {
  return message !== undefined && message.expiresMs !== Number.POSITIVE_INFINITY;
}
