/** Stands in for the SDK's `embedded:io/digital`. It traces the levels of pins. */
class Digital {
  static readonly Output = 4;
  private readonly pin: number;

  constructor(options: { pin: number; mode: number; initialValue?: 0 | 1 }) {
    if (options.mode !== Digital.Output) throw new Error("invalid mode");
    this.pin = options.pin;
  }

  write(level: number): void {
    trace(`pin ${this.pin}: ${level}\n`);
  }
}

export default Digital;
