/**
 * Sends the request that belongs to an answer, such as that of an `http` action of ntfy, when a carrier gives it. What came of it stands in
 * the history beside the answer. A request that may have come is never sent twice.
 *
 * `y/<push>/<who has answered>` holds a request that is still to be sent, or is under way. It is written in the transaction of its answer.
 */
import { describeError } from "../../common/describe-error.ts";
import type { Consequence, ReceiptFollower } from "../push/consequence.ts";
import type { PushCall } from "../push/push-call.ts";
import {
  ACTION_ATTEMPTS_MAX,
  ACTION_CALLS_AT_ONCE_MAX,
  ACTION_CALLS_WAITING_MAX,
  ACTION_RETRY_MS,
} from "../shared/limits.ts";
import type { Push, Receipt } from "../shared/push.ts";
import { Records } from "../store/records.ts";
import type { StationStore } from "../store/station-store.ts";
import type { SendRequest } from "../web/guarded-request.ts";
import { call } from "./call.ts";

/** What this needs of the push service. */
export interface CallPushes {
  callsOf(id: string): readonly PushCall[];
  /** Records what came of the call of an answer. */
  noteCall(id: string, device: string, from: string, words: string): Promise<void>;
}

interface WaitingCall {
  readonly push: string;
  readonly device: string;
  /** Who has answered. */
  readonly from: string;
  readonly choice: string;
  /** It may have been sent. */
  readonly isBegun: boolean;
}

export class ActionCalls implements ReceiptFollower {
  readonly #store: StationStore;
  readonly #records: Records;
  readonly #pushes: CallPushes;
  readonly #send: SendRequest;
  readonly #mayCall: (push: Push) => boolean;
  #waiting: WaitingCall[] = [];
  #running = 0;
  #isStopped = false;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** @param mayCall whether the account that sent a push is still there */
  constructor(store: StationStore, pushes: CallPushes, send: SendRequest, mayCall: (push: Push) => boolean) {
    this.#store = store;
    this.#records = new Records(store);
    this.#pushes = pushes;
    this.#send = send;
    this.#mayCall = mayCall;
  }

  /** Goes on with what was not sent before the last end. */
  start(): void {
    for (const key of this.#store.keys({ gte: "y/", lt: "y0" })) {
      const waiting = this.#records.get<WaitingCall>(key);
      if (waiting?.isBegun)
        this.#endUnsent(waiting, "was under way when the station ended: nobody knows whether it came");
      else if (waiting) this.#enqueue(waiting);
    }
  }

  /** Sends nothing more. What was not sent is sent after the next start. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  consequenceOf(push: Push, device: string, receipts: readonly Receipt[]): Consequence | undefined {
    const answers = receipts.filter(({ status }) => status === "answered");
    if (answers.length === 0 || !this.#mayCall(push)) return undefined;
    const choices = this.#pushes.callsOf(push.id).map(({ choice }) => choice);
    const calls: readonly WaitingCall[] = answers
      .filter(({ answer = "" }) => choices.includes(answer))
      .map(({ from, answer = "" }) => ({ push: push.id, device, from, choice: answer, isBegun: false }));
    return {
      changes: calls.map((waiting) => ({ key: keyOf(waiting), value: waiting })),
      happened: () => {
        for (const waiting of calls) this.#enqueue(waiting);
      },
    };
  }

  #enqueue(waiting: WaitingCall): void {
    if (this.#waiting.length >= ACTION_CALLS_WAITING_MAX) {
      this.#endUnsent(waiting, "was not sent: too many others wait");
      return;
    }
    this.#waiting.push(waiting);
    this.#run();
  }

  #run(): void {
    while (!this.#isStopped && this.#running < ACTION_CALLS_AT_ONCE_MAX) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#running += 1;
      void this.#perform(next)
        .catch((error) => logFailure(next, error))
        .finally(() => {
          this.#running -= 1;
          this.#run();
        });
    }
  }

  async #perform(waiting: WaitingCall): Promise<void> {
    const wanted = this.#pushes.callsOf(waiting.push).find(({ choice }) => choice === waiting.choice);
    if (!wanted) return this.#end(waiting, "was not sent: the push is forgotten");
    await this.#records.write([{ key: keyOf(waiting), value: { ...waiting, isBegun: true } }]);
    let outcome = await call(this.#send, wanted);
    for (let attempts = 1; outcome.result === "unsent" && attempts < ACTION_ATTEMPTS_MAX; attempts += 1) {
      await this.#pause(ACTION_RETRY_MS * attempts);
      if (this.#isStopped) return;
      outcome = await call(this.#send, wanted);
    }
    if (!this.#isStopped) await this.#end(waiting, outcome.words);
  }

  #endUnsent(waiting: WaitingCall, words: string): void {
    this.#end(waiting, words).catch((error) => logFailure(waiting, error));
  }

  async #end(waiting: WaitingCall, words: string): Promise<void> {
    await this.#pushes.noteCall(waiting.push, waiting.device, waiting.from, words);
    await this.#records.write([{ key: keyOf(waiting) }]);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms).unref();
      this.#timers.add(timer);
    });
  }
}

/** The disk refused it. The next start finds it. */
function logFailure({ push }: WaitingCall, error: unknown): void {
  console.error(`action of push ${push}: ${describeError(error)}`);
}

function keyOf({ push, from }: WaitingCall): string {
  return `y/${push}/${from}`;
}
