/** Replaces the tones of the digital-to-analog converter. It traces them. */
let isSounding = false;

function start(hertz: number): void {
  if (hertz < 130) throw new Error("no tone");
  isSounding = true;
  trace(`dac: ${hertz} Hz\n`);
}

function stop(): void {
  if (isSounding) trace("dac: quiet\n");
  isSounding = false;
}

export default Object.freeze({ start, stop });
