import { tonesOf } from "../../src/melodies.ts";

/** Sounds for a page as boards do. Browsers allow no sound until the user has touched the page. */
export class Sound {
  #context: AudioContext | undefined;
  readonly #onGesture = () => {
    try {
      this.#context ??= new AudioContext();
      void this.#context.resume();
    } catch {
      // A machine without sound still shows its pages.
    }
    this.#forgetGesture();
  };

  constructor() {
    addEventListener("pointerdown", this.#onGesture);
    addEventListener("keydown", this.#onGesture);
  }

  /** @param melody the sender's choice, see `tonesOf` */
  play(priority: number, melody: string | undefined): void {
    const context = this.#context;
    if (context?.state !== "running") return;
    let at = context.currentTime;
    for (const { hertz, durationMs } of tonesOf(priority, melody)) {
      const end = at + durationMs / 1000;
      if (hertz > 0) sound(context, hertz, at, end);
      at = end;
    }
  }

  close(): void {
    this.#forgetGesture();
    void this.#context?.close();
  }

  #forgetGesture(): void {
    removeEventListener("pointerdown", this.#onGesture);
    removeEventListener("keydown", this.#onGesture);
  }
}

/** One tone that fades. @param at when it begins, in seconds @param end when it ends */
function sound(context: AudioContext, hertz: number, at: number, end: number): void {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(0.12, at);
  gain.gain.exponentialRampToValueAtTime(0.001, end);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(end);
}
