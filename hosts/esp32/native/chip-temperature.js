/** The temperature of an ESP32-C3 or S3. The first ESP32 has no sensor that is documented. See `chip-temperature.c`. */
function read() {
  return native("fp_chip_temperature").call(undefined);
}

export default Object.freeze({ read });
