/** The firmware in a simulated device. Each life ends with a power cut, and the next one begins with the same storage. */
import { type Platform, Runner } from "../../hosts/runner.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Settings } from "../../src/gateway/settings.ts";
import { Sleeper, type Wake } from "../../src/gateway/sleeper.ts";
import { SLEEP_MEMORY_BYTES_MAX } from "../../src/limits.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { DrawList } from "../../src/pager/screen/draw-list.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import type { MeasureText, Random, Sensor, SleepMemory } from "../../src/seams.ts";
import type { Network } from "./network.ts";
import { PowerCut } from "./power-cut-store.ts";
import { PoweredDevice } from "./powered-device.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface DeviceOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly network: Network;
  readonly settings: Settings;
  readonly sensors: readonly Sensor[];
  /** Seconds since 1970 at the beginning of virtual time. */
  readonly bornSeconds: number;
  /** How long the clock may be unset at the beginning of a life. Default: it is set. */
  readonly clockUnsetMsMax?: number | undefined;
  /** The device sleeps between two wakes. Default: it never does. */
  readonly sleep?: { readonly intervalMs: number; readonly awakeMs: number } | undefined;
  /** Sees how each life ends. */
  readonly onEnd?: ((end: "sleep" | "power cut") => void) | undefined;
  /** Is told of each record that is written or removed. */
  readonly onWrite?: ((key: string) => void) | undefined;
  /** Called with each record that has become durable. */
  readonly onDurable?: ((key: string, bytes: Uint8Array) => void) | undefined;
  readonly onLog?: ((line: string) => void) | undefined;
  /** Sees what is painted, in the place of the host that draws it. */
  readonly onPaint?: ((drawList: DrawList, gateway: Gateway) => void) | undefined;
  /** Default: the faces hold everything. */
  readonly measureText?: MeasureText | undefined;
  /** The storage has room for so many records. Default: any number. */
  readonly recordsMax?: number | undefined;
}

/** What the carrier has seen or heard. */
export interface Perception {
  readonly type: "screen" | "alert";
  readonly nowMs: number;
  readonly life: number;
  readonly text: string;
  /** Whether the storage took writes at that time. `refusals`: how many it had refused. */
  readonly recorded: boolean;
  readonly refusals: number;
}

/** More paints in one millisecond mean that the firmware spins. So many messages fit into the inbox. */
const PAINTS_AT_ONCE_MAX = 200;

/** A board waits for so long until the goodbye has been sent, in milliseconds. */
const GOODBYE_MS = 500;

/** The gateway's error if the runner hands in bytes too early. */
const UNREAD = "bytes before the former were read";

export class Device extends PoweredDevice {
  readonly perceptions: Perception[] = [];
  readonly #options: DeviceOptions;
  #runner: Runner | undefined;
  #cancelTimer: () => void = () => {};
  #settings: Settings;
  #nextSettings: Settings;
  #skewSeconds = 0;
  /** When the clock is set, in virtual time. */
  #clockSetMs = 0;
  #text = "";
  #paintedMs = 0;
  #paintsNow = 0;
  /** The memory that keeps its contents in sleep. */
  #retained: { readonly bytes: Uint8Array; readonly atMs: number } | undefined;
  #isAsleep = false;
  /** Why the present life began. */
  #wake: Wake = "start";
  #bootMs = 0;
  #awakeMs = 0;

  constructor(options: DeviceOptions) {
    super(options.clock, options.random);
    this.#options = options;
    this.#settings = options.settings;
    this.#nextSettings = options.settings;
    if (options.onDurable) this.store.onDurable = options.onDurable;
    if (options.onWrite) this.store.onWrite = options.onWrite;
    if (options.recordsMax !== undefined) this.store.recordsMax = options.recordsMax;
  }

  get storedBytes(): number {
    return this.store.bytes;
  }

  /** Bytes of the records whose keys begin so. */
  storedBytesOf(prefix: string): number {
    const keys = this.store.keys().filter((key) => key.startsWith(prefix));
    return keys.reduce((sum, key) => sum + (this.store.read(key)?.length ?? 0), 0);
  }

  get isAsleep(): boolean {
    return this.#isAsleep;
  }

  /** How long all lives have lasted. */
  get awakeMs(): number {
    return this.#awakeMs + (this.isOn ? this.#options.clock.nowMs - this.#bootMs : 0);
  }

  /** The power fails, also while the device sleeps. It comes back at once. */
  override cutPower(): void {
    this.#retained = undefined;
    if (!this.#isAsleep) super.cutPower();
    else {
      this.#isAsleep = false;
      this.#wake = "start";
      this.#options.onEnd?.("power cut");
      this.boot();
    }
  }

  /** A button ends the sleep. */
  wake(): void {
    if (!this.#isAsleep) return;
    this.#wake = "button";
    this.boot();
  }

  /** The settings of the present life. */
  get settings(): Settings {
    return this.#settings;
  }

  /** These settings apply from the next life on. */
  changeSettings(settings: Settings): void {
    this.#nextSettings = settings;
  }

  /** The clock shows another time for a while, as after one wrong answer of a time server. */
  jumpClock(seconds: number, durationMs: number): void {
    // The first time is never wrong, because a board asks two servers.
    if (this.#options.clock.nowMs < this.#clockSetMs) return;
    this.#skewSeconds = seconds;
    this.#options.clock.after(durationMs, () => {
      this.#skewSeconds = 0;
    });
  }

  /** What is on the screen. */
  get text(): string {
    return this.#text;
  }

  protected begin(): void {
    const { random, clock, bornSeconds, sensors, clockUnsetMsMax = 0 } = this.#options;
    const settings = this.#nextSettings;
    this.#settings = settings;
    this.#skewSeconds = 0;
    const { sleep } = this.#options;
    const wake = this.#wake;
    this.#wake = "start";
    this.#isAsleep = false;
    this.#bootMs = clock.nowMs;
    const sleeper = sleep && new Sleeper({ ...sleep, wake, memory: this.#memory() });
    // The clock runs on while the device sleeps.
    if (clockUnsetMsMax > 0 && wake === "start") {
      this.#clockSetMs = clock.nowMs + random() * clockUnsetMsMax;
      // A board reports when its clock is set.
      clock.after(this.#clockSetMs - clock.nowMs, () => this.networkChanged());
    }
    const gateway = new Gateway({
      settings,
      store: this.store,
      random,
      wallClock: () =>
        clock.nowMs < this.#clockSetMs ? undefined : this.#skewSeconds + bornSeconds + clock.nowMs / 1_000,
      measureText: this.#options.measureText ?? ((_font, text) => text.length * 9),
      size: { width: 320, height: 240 },
      sensors,
      sleeper,
    });
    this.#runner = new Runner(gateway, this.#platform(gateway));
    this.#runner.start();
  }

  press(button: Button): void {
    this.guard(() => this.#runner?.press(button));
  }

  networkChanged(): void {
    this.guard(() => this.#runner?.networkChanged());
  }

  protected end(): void {
    this.noteUnrecorded(this.#settings.groups.map((group) => `/field/im/${group}`));
    this.#awakeMs += this.#options.clock.nowMs - this.#bootMs;
    if (!this.#isAsleep) this.#retained = undefined;
    this.#options.onEnd?.(this.#isAsleep ? "sleep" : "power cut");
    this.#cancelTimer();
    this.#runner = undefined;
    this.#text = "";
  }

  #memory(): SleepMemory {
    const { clock } = this.#options;
    return {
      read: () => this.#retained && { bytes: this.#retained.bytes, sleptMs: clock.nowMs - this.#retained.atMs },
      write: (bytes) => {
        if (bytes.length > SLEEP_MEMORY_BYTES_MAX) throw new Error(`${bytes.length} bytes to keep in sleep`);
        this.#retained = { bytes, atMs: clock.nowMs };
      },
    };
  }

  #platform(gateway: Gateway): Platform {
    const { clock, network, sleep } = this.#options;
    // The clock of a board that sleeps begins anew with each life.
    const originMs = sleep ? clock.nowMs : 0;
    const life = this.life;
    const store = this.store;
    const guarded = (run: () => void) => {
      if (life === this.life && !store.isDead) this.guard(run);
    };
    /** Nothing that the program does after the power has failed has an effect: the exception unwinds it. */
    const alive = <Result>(run: () => Result): Result => {
      if (store.isDead) throw new PowerCut("the power has failed");
      return run();
    };
    return {
      nowMs: () => alive(() => clock.nowMs - originMs),
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
          write: (bytes) => alive(() => transport.write(bytes)),
          pause: () => alive(() => transport.pause()),
          resume: () => alive(() => transport.resume()),
          close: () => alive(() => transport.close()),
        };
      },
      sleep: (durationMs) => {
        clock.after(0, () =>
          guarded(() => {
            this.#runner?.stop();
            this.#cancelTimer = clock.after(GOODBYE_MS, () =>
              guarded(() => {
                this.#isAsleep = true;
                this.#wake = "timer";
                this.rest(durationMs);
              }),
            );
          }),
        );
      },
      restart: () => {
        throw new Error("a restart that nobody asked for");
      },
      paint: (drawList) => {
        alive(() => {
          this.#look(screenText(drawList).join("\n"));
          this.#options.onPaint?.(drawList, gateway);
        });
        return true;
      },
      alert: () => alive(() => this.#perceive("alert")),
      log: (line) =>
        alive(() => {
          if (line.includes(UNREAD)) this.errors.push(line);
          this.#options.onLog?.(`${clock.nowMs} ms, life ${life}: ${line}`);
        }),
    };
  }

  #look(text: string): void {
    const nowMs = this.#options.clock.nowMs;
    this.#paintsNow = nowMs === this.#paintedMs ? this.#paintsNow + 1 : 1;
    this.#paintedMs = nowMs;
    if (this.#paintsNow > PAINTS_AT_ONCE_MAX) throw new Error(`painted ${this.#paintsNow} times in a millisecond`);
    this.#text = text;
    this.#perceive("screen");
  }

  #perceive(type: Perception["type"]): void {
    const { isRefusing, refusals } = this.store;
    const { nowMs } = this.#options.clock;
    this.perceptions.push({ type, nowMs, life: this.life, text: this.#text, recorded: !isRefusing, refusals });
  }
}
