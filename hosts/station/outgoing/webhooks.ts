/**
 * Tells programs of the receipts of an account's pushes: webhooks as the Standard Webhooks specification has them, each with a secret of
 * its own. An event is written in the transaction of its receipt, and stays until it is taken or too old.
 *
 * | key | holds |
 * |---|---|
 * | `w/<hook>` | a webhook, with its secret |
 * | `x/<hook>/<event>` | what it is still to be told |
 */
import { randomBytes } from "node:crypto";
import { AccessError } from "../identity/access-error.ts";
import type { Accounts } from "../identity/accounts.ts";
import type { Consequence, ReceiptFollower } from "../push/consequence.ts";
import { PushIds } from "../push/push-ids.ts";
import { HOOK_AGE_MS, HOOK_EVENTS_MAX, WEBHOOKS_MAX, WEBHOOKS_PER_ACCOUNT_MAX } from "../shared/limits.ts";
import { isClockSet, type Push, type Receipt, type ReceiptStatus } from "../shared/push.ts";
import type { HookHappening, WebhookInfo } from "../shared/webhook.ts";
import { type RecordChange, Records } from "../store/records.ts";
import type { StationStore } from "../store/station-store.ts";
import type { AllowedAddresses } from "../web/allowed-address.ts";
import { mayAsk, type SendRequest } from "../web/guarded-request.ts";
import { type CallOutcome, call } from "./call.ts";
import { type HookEvent, HookQueue } from "./hook-queue.ts";
import { newSecret, signedHeaders } from "./signature.ts";

interface StoredHook extends Omit<WebhookInfo, "waiting"> {
  /** When the account of this name was made, which tells it from the next one of this name. */
  readonly sinceMs: number;
  readonly secret: string;
}

interface StoredEvent {
  readonly push: string;
  readonly atMs: number;
  /** JSON, as it is signed. */
  readonly body: string;
}

interface LiveHook {
  stored: StoredHook;
  readonly queue: HookQueue;
}

export class Webhooks implements ReceiptFollower {
  readonly #store: StationStore;
  readonly #records: Records;
  readonly #accounts: Accounts;
  readonly #allowed: AllowedAddresses;
  readonly #send: SendRequest;
  readonly #ids = new PushIds();
  readonly #hooks = new Map<string, LiveHook>();
  #isStopped = false;

  /** @param send to `allowed` addresses only */
  constructor(store: StationStore, accounts: Accounts, allowed: AllowedAddresses, send: SendRequest) {
    this.#store = store;
    this.#records = new Records(store);
    this.#accounts = accounts;
    this.#allowed = allowed;
    this.#send = send;
    for (const key of store.keys({ gte: "w/", lt: "w0" })) {
      const stored = this.#records.get<StoredHook>(key);
      if (stored) this.#keep(stored);
    }
    accounts.listen(() => void this.#removeOrphans());
  }

  /** Goes on with what was not taken before the last end. */
  start(): void {
    void this.#removeOrphans();
    const lost = [...this.#store.keys({ gte: "x/", lt: "x0" })].filter(
      (key) => !this.#hooks.has(key.split("/")[1] ?? ""),
    );
    if (lost.length > 0) void this.#write(lost.map((key) => ({ key })));
    const nowMs = Date.now();
    for (const [id, { queue }] of this.#hooks)
      for (const key of this.#eventKeys(id)) {
        const event = this.#records.get<StoredEvent>(key);
        if (!event) continue;
        const ageMs = isClockSet(event.atMs) ? Math.max(0, nowMs - event.atMs) : 0;
        queue.add({ id: idIn(key), push: event.push, untilMs: performance.now() + HOOK_AGE_MS - ageMs });
      }
  }

  /** Sends nothing more. What is left is sent after the next start. */
  stop(): void {
    this.#isStopped = true;
    for (const { queue } of this.#hooks.values()) queue.stop();
  }

  /** Those of one account, or all. */
  list(account?: string): readonly WebhookInfo[] {
    return [...this.#hooks.values()]
      .filter(({ stored }) => account === undefined || stored.account === account)
      .map(({ stored: { secret: _secret, sinceMs: _sinceMs, ...info }, queue }) => ({ ...info, waiting: queue.size }));
  }

  /** Adds one. Gives its secret, which nobody can read again. On disk when it resolves. Rejects with an `AccessError`. */
  async add(
    account: string,
    address: string,
    states: readonly ReceiptStatus[],
  ): Promise<{ readonly id: string; readonly secret: string }> {
    this.#store.health.require();
    const sinceMs = this.#accounts.get(account)?.createdAtMs;
    if (sinceMs === undefined) throw new AccessError(404, `there is no account ${JSON.stringify(account)}`);
    const url = this.#addressOf(address);
    if (this.list(account).length >= WEBHOOKS_PER_ACCOUNT_MAX)
      throw new AccessError(409, `an account may have ${WEBHOOKS_PER_ACCOUNT_MAX} webhooks: remove one first`);
    if (this.#hooks.size >= WEBHOOKS_MAX)
      throw new AccessError(409, `there are ${WEBHOOKS_MAX} webhooks, which is as many as there may be`);
    const id = randomBytes(6).toString("hex");
    const secret = newSecret();
    const hook = { id, account, url, states, createdAtMs: Date.now(), lost: 0, sinceMs, secret };
    this.#keep(hook);
    try {
      await this.#records.write([{ key: hookKey(id), value: hook }]);
    } catch (error) {
      this.#hooks.delete(id);
      throw error;
    }
    return { id, secret };
  }

  /** Removes one with what it is still to be told. On disk when it resolves. */
  async remove(id: string): Promise<void> {
    const hook = this.#hooks.get(id);
    if (!hook) return;
    // No further event may come to it while it is removed.
    this.#hooks.delete(id);
    try {
      await this.#records.write([hookKey(id), ...this.#eventKeys(id)].map((key) => ({ key })));
      hook.queue.stop();
    } catch (error) {
      this.#hooks.set(id, hook);
      throw error;
    }
  }

  /** Sends something that is no event, once, and tells what came of it. @throws AccessError of status 404 */
  async test(id: string): Promise<CallOutcome> {
    const hook = this.#hooks.get(id);
    if (!hook) throw new AccessError(404, `there is no webhook ${JSON.stringify(id)}`);
    const body = JSON.stringify({ type: "test", timestamp: new Date().toISOString(), data: {} });
    const outcome = await this.#tell(hook, this.#ids.next(Date.now()), body);
    await this.#note(hook, outcome);
    return outcome;
  }

  consequenceOf(push: Push, device: string, receipts: readonly Receipt[]): Consequence | undefined {
    const changes: RecordChange[] = [];
    const added: (readonly [LiveHook, HookEvent])[] = [];
    for (const hook of this.#hooks.values()) {
      const { id, account, states, sinceMs } = hook.stored;
      // An account that was made anew does not hear of the pushes of the former one.
      if (account !== push.sender || push.acceptedAtMs < sinceMs) continue;
      for (const receipt of receipts.filter(({ status }) => states.includes(status))) {
        const event = { id: this.#ids.next(Date.now()), push: push.id, untilMs: performance.now() + HOOK_AGE_MS };
        const value: StoredEvent = { push: push.id, atMs: receipt.atMs, body: bodyOf(push, device, receipt) };
        changes.push({ key: eventKey(id, event.id), value });
        added.push([hook, event]);
      }
    }
    return added.length === 0 ? undefined : { changes, happened: () => this.#enqueue(added) };
  }

  #enqueue(added: readonly (readonly [LiveHook, HookEvent])[]): void {
    for (const [hook, event] of added) {
      const { id } = hook.stored;
      // It was removed while the receipt was written.
      if (!this.#hooks.has(id)) void this.#write([{ key: eventKey(id, event.id) }]);
      else hook.queue.add(event);
      while (hook.queue.size > HOOK_EVENTS_MAX) {
        const oldest = hook.queue.dropOldest();
        if (!oldest) break;
        this.#lose(hook, oldest);
      }
    }
  }

  #keep(stored: StoredHook): void {
    const queue = new HookQueue({
      send: async (event) => {
        const body = this.#records.get<StoredEvent>(eventKey(stored.id, event.id))?.body;
        if (body === undefined) return { result: "taken", words: "" };
        const outcome = await this.#tell(hook, event.id, body);
        // The store may be closed by now. Then the event comes again.
        if (this.#hooks.has(stored.id) && !this.#isStopped) await this.#note(hook, outcome, event);
        return outcome;
      },
      done: (event, ending) => {
        if (ending === "old") this.#lose(hook, event);
      },
    });
    const hook: LiveHook = { stored, queue };
    this.#hooks.set(stored.id, hook);
  }

  #tell({ stored: { url, secret } }: LiveHook, id: string, body: string): Promise<CallOutcome> {
    const headers = {
      "content-type": "application/json",
      "user-agent": "fieldpager",
      ...signedHeaders(secret, `msg_${id}`, Math.floor(Date.now() / 1_000), body),
    };
    return call(this.#send, { url, method: "POST", headers, body });
  }

  /** Remembers what came of a call. An event that was taken goes with it. */
  async #note(hook: LiveHook, { result, words }: CallOutcome, event?: HookEvent): Promise<void> {
    const happening: HookHappening = { atMs: Date.now(), words };
    hook.stored = { ...hook.stored, [result === "taken" ? "taken" : "failed"]: happening };
    const { id } = hook.stored;
    const gone = result === "taken" && event ? [{ key: eventKey(id, event.id) }] : [];
    await this.#write([{ key: hookKey(id), value: hook.stored }, ...gone]);
  }

  #lose(hook: LiveHook, event: HookEvent): void {
    hook.stored = { ...hook.stored, lost: hook.stored.lost + 1 };
    const { id } = hook.stored;
    void this.#write([{ key: hookKey(id), value: hook.stored }, { key: eventKey(id, event.id) }]);
  }

  /** What the disk refuses here is no promise: an event comes again, as its receiver must expect. */
  async #write(changes: readonly RecordChange[]): Promise<void> {
    await this.#records.write(changes).catch(() => {});
  }

  /** Removes those whose account is gone. */
  async #removeOrphans(): Promise<void> {
    for (const [id, { stored }] of this.#hooks)
      if (this.#accounts.get(stored.account)?.createdAtMs !== stored.sinceMs)
        await this.remove(id).catch((error: Error) => console.error(`webhook of ${stored.account}: ${error.message}`));
  }

  #addressOf(text: string): string {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !/^https?:$/.test(url.protocol))
      throw new AccessError(400, "url: expected an address, http:// or https://");
    if (url.username !== "" || url.password !== "")
      throw new AccessError(400, "url: may hold no password; the signature tells who sends");
    if (!mayAsk(this.#allowed, url))
      throw new AccessError(
        400,
        "url: this address is not public, and the station was not started with --hook-network for it",
      );
    return url.href;
  }

  #eventKeys(id: string): Iterable<string> {
    return this.#store.keys({ gte: `x/${id}/`, lt: `x/${id}0` });
  }
}

function bodyOf({ id, to, title, collapseKey }: Push, device: string, receipt: Receipt): string {
  const { status, from, answer, atMs } = receipt;
  return JSON.stringify({
    type: `push.${status}`,
    timestamp: new Date(atMs).toISOString(),
    data: { push: id, to, title, collapseKey, device, from, status, answer },
  });
}

function hookKey(id: string): string {
  return `w/${id}`;
}

function eventKey(hook: string, event: string): string {
  return `x/${hook}/${event}`;
}

function idIn(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}
