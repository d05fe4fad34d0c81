/** Deep sleep of the chip. The SDK has none for the ESP32. See `deep-sleep.c`. */
function wake() {
  return native("fp_sleep_wake").call(undefined);
}

function read() {
  return native("fp_sleep_read").call(undefined);
}

function write(bytes) {
  native("fp_sleep_write").call(undefined, bytes);
}

function start(milliseconds, wakePin, heldPin) {
  native("fp_sleep_start").call(undefined, milliseconds, wakePin, heldPin);
}

export default Object.freeze({ wake, read, write, start });
