/** The firmware on Node with a store that survives power cuts. It dies at any write, without a goodbye, and starts again. */

import { measureText } from "../../hosts/node/faces.ts";
import { type NodeTransport, openTcp } from "../../hosts/node/tcp-transport.ts";
import { Runner } from "../../hosts/runner.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { parseSettings } from "../../src/gateway/settings.ts";
import { Inbox } from "../../src/pager/inbox.ts";
import type { Random } from "../../src/seams.ts";
import { integerBetween } from "../random.ts";
import { PowerCutStore } from "../simulation/power-cut-store.ts";

const SCREEN = Object.freeze({ width: 320, height: 240 });
/** Shortest time without power, in milliseconds. */
const DARK_MS_MIN = 20;
const DARK_MS_MAX = 300;
/** Longest wait before a lost connection is tried again, in milliseconds. It replaces the usual back-off. */
const RETRY_MS_MAX = 1_000;
const TIMER_MS_MAX = 2 ** 31 - 1;

export class PoweredPager {
  readonly uid: string;
  readonly #settings: Readonly<Record<string, unknown>>;
  readonly #random: Random;
  #store: PowerCutStore;
  #runner: Runner | undefined;
  #transports = new Set<NodeTransport>();
  #timers = new Set<NodeJS.Timeout>();
  #isStopped = false;
  /** How often its power has failed. */
  powerCuts = 0;

  constructor(uid: string, settings: Readonly<Record<string, unknown>>, random: Random) {
    this.uid = uid;
    this.#settings = settings;
    this.#random = random;
    this.#store = PowerCutStore.empty(random);
    this.#live();
  }

  /** Lets the power fail during one of the next writes. */
  cutPower(): void {
    this.#store.cutAtWrite(integerBetween(this.#random, 1, 12));
  }

  /** Ids of the messages on the store. An id that is stored twice is there twice. */
  get storedIds(): readonly string[] {
    const inbox = new Inbox(this.#store);
    const ids: string[] = [];
    for (let at = inbox.older(); at !== undefined; at = inbox.older(at)) ids.push(inbox.read(at)?.id ?? "");
    return ids;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#runner?.stop();
    await this.#end();
  }

  #live(): void {
    const store = this.#store;
    const parsed = parseSettings({ ...this.#settings, uid: this.uid });
    if ("errors" in parsed) throw new Error(parsed.errors.join("\n"));
    /** Events for a device whose power has failed are ignored. */
    const alive = <Arguments extends unknown[]>(act: (...given: Arguments) => void) => {
      return (...given: Arguments) => {
        if (store.isDead) return;
        act(...given);
        if (store.isDead) this.#die(store);
      };
    };
    let timer: NodeJS.Timeout | undefined;
    const runner = new Runner(
      new Gateway({
        settings: parsed.settings,
        store,
        random: this.#random,
        wallClock: () => Math.floor(Date.now() / 1000),
        measureText,
        size: SCREEN,
        sensors: [],
      }),
      {
        nowMs: () => performance.now(),
        setTimer: (delayMs, callback) => {
          clearTimeout(timer);
          if (timer) this.#timers.delete(timer);
          if (delayMs === undefined) return;
          timer = setTimeout(alive(callback), Math.min(Math.ceil(delayMs), TIMER_MS_MAX));
          this.#timers.add(timer);
        },
        openTransport: (broker, handlers) => {
          const transport = openTcp(broker, {
            onConnected: alive(() => handlers.onConnected()),
            onBytes: alive((bytes: Uint8Array) => handlers.onBytes(bytes)),
            onClosed: alive((...given: Parameters<typeof handlers.onClosed>) => {
              handlers.onClosed(...given);
              this.#later(
                RETRY_MS_MAX,
                alive(() => this.#runner?.networkChanged()),
              );
            }),
          });
          this.#transports.add(transport);
          void transport.closed.then(() => this.#transports.delete(transport));
          return {
            write: (bytes) => {
              if (!store.isDead) transport.write(bytes);
            },
            pause: () => transport.pause(),
            resume: () => transport.resume(),
            close: () => transport.close(),
          };
        },
        paint: () => true,
        alert: () => {},
        log: () => {},
        // Nobody sends commands here.
        restart: () => {},
      },
    );
    this.#runner = runner;
    alive(() => runner.start())();
  }

  /** Ends this life and begins the next one a little later. */
  #die(store: PowerCutStore): void {
    if (store !== this.#store || this.#isStopped) return;
    this.powerCuts += 1;
    this.#store = store.reborn();
    void this.#end();
    this.#later(DARK_MS_MAX, () => this.#live(), DARK_MS_MIN);
  }

  #later(maxMs: number, act: () => void, minMs = 0): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (!this.#isStopped) act();
      },
      integerBetween(this.#random, minMs, maxMs),
    );
    this.#timers.add(timer);
  }

  async #end(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const open = [...this.#transports];
    for (const transport of open) transport.close();
    await Promise.all(open.map((transport) => transport.closed));
  }
}
