/** Stands in for the SDK's `pins/digital`. It traces the levels of outputs. */
const Digital = {
  write(pin: number, level: number): void {
    trace(`pin ${pin}: ${level}\n`);
  },
};

export default Digital;
