/** The firmware in a simulated device: one life after the other on the same storage, each ended by a power cut. */
import { type Platform, Runner } from "../../hosts/runner.ts";
import type { Button } from "../../src/gateway/buttons.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Settings } from "../../src/gateway/settings.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import type { Random, Sensor } from "../../src/seams.ts";
import type { Network } from "./network.ts";
import { PowerCut, PowerCutStore } from "./power-cut-store.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface DeviceOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly network: Network;
  readonly settings: Settings;
  readonly sensors: readonly Sensor[];
  /** Seconds since 1970 at the beginning of virtual time. */
  readonly bornSeconds: number;
}

/** What the carrier perceived, in order. */
export type Perception =
  | { readonly type: "screen"; readonly life: number; readonly text: string }
  | { readonly type: "alert"; readonly life: number; readonly text: string; readonly priority: number };

const REBOOT_MS = 2_000;

export class Device {
  readonly perceptions: Perception[] = [];
  /** Exceptions that left the firmware; none may. */
  readonly errors: string[] = [];
  readonly #options: DeviceOptions;
  #store: PowerCutStore;
  #runner: Runner | undefined;
  #life = 0;
  #cancelTimer: () => void = () => {};
  #text = "";

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#store = PowerCutStore.empty(options.random);
  }

  /** Number of the present life, from 1. */
  get life(): number {
    return this.#life;
  }

  get storedBytes(): number {
    return this.#store.bytes;
  }

  /** What is on the screen. */
  get text(): string {
    return this.#text;
  }

  boot(): void {
    this.#life += 1;
    const { settings, random, clock, bornSeconds, sensors } = this.#options;
    this.#guard(() => {
      const gateway = new Gateway({
        settings,
        store: this.#store,
        random,
        wallClock: () => bornSeconds + Math.floor(clock.nowMs / 1_000),
        measureText: (_font, text) => text.length * 9,
        size: { width: 320, height: 240 },
        sensors,
      });
      this.#runner = new Runner(gateway, this.#platform());
      this.#runner.start();
    });
  }

  press(button: Button): void {
    this.#guard(() => this.#runner?.press(button));
  }

  networkChanged(): void {
    this.#guard(() => this.#runner?.networkChanged());
  }

  cutPowerAtWrite(count: number): void {
    this.#store.cutAtWrite(count);
  }

  cutPower(): void {
    this.#store.cut();
    this.#bury();
  }

  /** The power never fails again. */
  calm(): void {
    this.#store.cutAtWrite(Number.POSITIVE_INFINITY);
  }

  /** Runs a part of the firmware. When the power fails in it, or has failed, this life is over. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof PowerCut)) this.errors.push((error as Error).stack ?? String(error));
    }
    if (this.#store.isDead) this.#bury();
  }

  #bury(): void {
    this.#cancelTimer();
    this.#runner = undefined;
    this.#text = "";
    this.#store = this.#store.reborn();
    this.#options.clock.after(REBOOT_MS, () => this.boot());
  }

  #platform(): Platform {
    const { clock, network } = this.#options;
    const life = this.#life;
    const store = this.#store;
    const lives = () => life === this.#life && !store.isDead;
    const guarded = (run: () => void) => {
      if (lives()) this.#guard(run);
    };
    return {
      nowMs: () => clock.nowMs,
      setTimer: (delayMs, callback) => {
        this.#cancelTimer();
        this.#cancelTimer = delayMs === undefined ? () => {} : clock.after(delayMs, () => guarded(callback));
      },
      openTransport: (_broker, handlers) => {
        const transport = network.openTransport({
          onConnected: () => guarded(() => handlers.onConnected()),
          onBytes: (bytes) => guarded(() => handlers.onBytes(bytes)),
          onClosed: (reason) => guarded(() => handlers.onClosed(reason)),
        });
        return {
          write: (bytes) => {
            if (lives()) transport.write(bytes.slice());
          },
          close: () => {
            if (lives()) transport.close();
          },
        };
      },
      paint: (drawList) => {
        if (!lives()) return;
        this.#text = screenText(drawList).join("\n");
        this.perceptions.push({ type: "screen", life, text: this.#text });
      },
      alert: (priority) => {
        if (lives()) this.perceptions.push({ type: "alert", life, text: this.#text, priority });
      },
      log: () => {},
    };
  }
}
