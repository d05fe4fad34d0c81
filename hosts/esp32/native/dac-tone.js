/** Tones of the ESP32's digital-to-analog converter. The SDK's driver of it takes samples, in memory that it does not give back. See `dac-tone.c`. */
function start(hertz) {
  native("fp_dac_tone_start").call(undefined, hertz);
}

function stop() {
  native("fp_dac_tone_stop").call(undefined);
}

export default Object.freeze({ start, stop });
