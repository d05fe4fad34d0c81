/** The logins at the console. They are in memory only: after a restart everyone logs in again. */
import { createHash, randomBytes } from "node:crypto";
import { SESSION_IDLE_MS, SESSION_MS_MAX, SESSIONS_MAX } from "../shared/limits.ts";

interface Session {
  readonly account: string;
  readonly openedAtMs: number;
  usedAtMs: number;
}

export class Sessions {
  /** Sessions by hash of the token, the least recently used first. */
  readonly #sessions = new Map<string, Session>();

  readonly #listeners = new Set<() => void>();

  /** Calls back whenever sessions have ended. Returns a function that ends it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Opens a session and gives its token, which only the browser keeps. */
  open(account: string, nowMs: number): string {
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= SESSIONS_MAX && oldest !== undefined) this.#sessions.delete(oldest);
    const token = randomBytes(24).toString("base64url");
    this.#sessions.set(hashOf(token), { account, openedAtMs: nowMs, usedAtMs: nowMs });
    return token;
  }

  /** The name of the account; undefined for an unknown token and for a session that has ended. */
  accountOf(token: string, nowMs: number): string | undefined {
    const hash = hashOf(token);
    const session = this.#sessions.get(hash);
    if (!session) return undefined;
    this.#sessions.delete(hash);
    if (nowMs - session.usedAtMs > SESSION_IDLE_MS || nowMs - session.openedAtMs > SESSION_MS_MAX) return undefined;
    session.usedAtMs = nowMs;
    this.#sessions.set(hash, session);
    return session.account;
  }

  close(token: string): void {
    this.#sessions.delete(hashOf(token));
    this.#tell();
  }

  /** Ends all sessions of an account: its password has changed, or it is gone. */
  closeAll(account: string): void {
    for (const [hash, session] of this.#sessions) if (session.account === account) this.#sessions.delete(hash);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
