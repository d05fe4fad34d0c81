/** A device whose power fails. Each life ends with a power cut, and the next one begins with the same storage. */
import type { Random } from "../../src/seams.ts";
import { PowerCut, PowerCutStore } from "./power-cut-store.ts";
import type { VirtualClock } from "./virtual-clock.ts";

const REBOOT_MS = 2_000;

export abstract class PoweredDevice {
  /** Exceptions that left the program. There must be none. */
  readonly errors: string[] = [];
  /** Topic filters of former lives that the storage did not take. No later life can know that the broker holds them. */
  readonly unrecordedFilters = new Set<string>();
  protected store: PowerCutStore;
  readonly #clock: VirtualClock;
  #life = 0;
  #isOn = false;
  #cancelBoot: () => void = () => {};

  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock;
    this.store = PowerCutStore.empty(random);
  }

  /** Number of the present life, from 1. */
  get life(): number {
    return this.#life;
  }

  boot(): void {
    this.#cancelBoot();
    this.#life += 1;
    this.#isOn = true;
    this.guard(() => this.begin());
  }

  cutPowerAtWrite(count: number): void {
    this.store.cutAtWrite(count);
  }

  cutPower(): void {
    if (!this.#isOn) return;
    this.store.cut();
    this.#bury();
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** The storage refuses the `count`-th write from now and all after it, like worn or full flash. */
  refuseWritesFrom(count: number): void {
    this.store.refuseFromWrite(count);
  }

  acceptWrites(): void {
    this.store.refuseFromWrite(Number.POSITIVE_INFINITY);
  }

  /** From now on the power does not fail, and the storage works. */
  calm(): void {
    this.store.cutAtWrite(Number.POSITIVE_INFINITY);
    this.acceptWrites();
  }

  /** Begins a life with the content of `store`. */
  protected abstract begin(): void;

  /** Ends a life. Everything that is not on `store` is forgotten, and its timers do not go off. */
  protected abstract end(): void;

  /** At the end of a life. @param topicFilters what it has subscribed to */
  protected noteUnrecorded(topicFilters: readonly string[]): void {
    if (this.store.refusals === 0) return;
    const records = this.store.keys().filter((key) => key.startsWith("b-"));
    const lines = records.flatMap((key) =>
      Buffer.from(this.store.read(key) ?? [])
        .toString()
        .split("\n"),
    );
    for (const filter of topicFilters) if (!lines.includes(`? ${filter}`)) this.unrecordedFilters.add(filter);
  }

  /** The program ends on purpose. The next life begins after this time. */
  protected rest(delayMs: number): void {
    this.#isOn = false;
    this.end();
    this.store = this.store.reborn();
    this.#cancelBoot();
    this.#cancelBoot = this.#clock.after(delayMs, () => this.boot());
  }

  /** Runs a part of the program. If the power has failed, before or during it, this life ends. */
  protected guard(run: () => void): void {
    try {
      if (!this.store.isDead) run();
    } catch (error) {
      if (!(error instanceof PowerCut)) this.errors.push((error as Error).stack ?? String(error));
    }
    if (this.store.isDead) this.#bury();
  }

  #bury(): void {
    this.#isOn = false;
    this.end();
    this.store = this.store.reborn();
    this.#cancelBoot();
    this.#cancelBoot = this.#clock.after(REBOOT_MS, () => this.boot());
  }
}
