/** The firmware in a simulated device. Each life ends with a power cut, and the next one begins with the same storage. */
import { type Platform, Runner } from "../../hosts/runner.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Settings } from "../../src/gateway/settings.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import type { Random, Sensor } from "../../src/seams.ts";
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
  /** Called with each record that has become durable. */
  readonly onDurable?: ((key: string, bytes: Uint8Array) => void) | undefined;
  readonly onLog?: ((line: string) => void) | undefined;
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

  constructor(options: DeviceOptions) {
    super(options.clock, options.random);
    this.#options = options;
    this.#settings = options.settings;
    this.#nextSettings = options.settings;
    if (options.onDurable) this.store.onDurable = options.onDurable;
  }

  get storedBytes(): number {
    return this.store.bytes;
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
    if (clockUnsetMsMax > 0) {
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
      measureText: (_font, text) => text.length * 9,
      size: { width: 320, height: 240 },
      sensors,
    });
    this.#runner = new Runner(gateway, this.#platform());
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
    this.#cancelTimer();
    this.#runner = undefined;
    this.#text = "";
  }

  #platform(): Platform {
    const { clock, network } = this.#options;
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
      nowMs: () => alive(() => clock.nowMs),
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
      restart: () => {
        throw new Error("a restart that nobody asked for");
      },
      paint: (drawList) => {
        alive(() => this.#look(screenText(drawList).join("\n")));
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
