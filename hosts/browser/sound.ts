/** Sounds a short tone for a page. Browsers allow no sound until the user has touched the page. */
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

  /** Sounds one tone for a usual page, two for an important one, none for the two lowest priorities. */
  play(priority: number): void {
    const context = this.#context;
    if (context?.state !== "running" || priority < 3) return;
    for (let tone = 0; tone < (priority > 3 ? 2 : 1); tone += 1) {
      const oscillator = context.createOscillator();
      const gain = context.createGain();
      const at = context.currentTime + tone * 0.22;
      oscillator.frequency.value = 880;
      gain.gain.setValueAtTime(0.12, at);
      gain.gain.exponentialRampToValueAtTime(0.001, at + 0.18);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(at);
      oscillator.stop(at + 0.2);
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
