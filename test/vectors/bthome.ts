/**
 * Objects of BTHome v2 and their meaning. Origin: the examples in the table of https://bthome.io/format. Those from `a45` on come
 * from the tests of the library bthome-ble (Bluetooth-Devices, MIT), which reads the same format for Home Assistant. The encrypted
 * advertisement is the example of https://bthome.io/encryption.
 */
export const MEASUREMENTS: readonly (readonly [hex: string, name: string, value: number, unit: string])[] = [
  ["0161", "battery", 97, "%EL"],
  ["02ca09", "temperature", 25.06, "Cel"],
  ["02c409", "temperature", 25, "Cel"],
  ["03bf13", "humidity", 50.55, "%RH"],
  ["04138a01", "pressure", 1008.83, "hPa"],
  ["05138a14", "illuminance", 13_460.67, "lx"],
  ["065e1f", "mass", 80.3, "kg"],
  ["073e1d", "mass", 74.86, "lb"],
  ["08ca06", "dew-point", 17.38, "Cel"],
  ["0960", "count", 96, "count"],
  ["0a138a14", "energy", 1346.067, "kWh"],
  ["0b021b00", "power", 69.14, "W"],
  ["0c020c", "voltage", 3.074, "V"],
  ["0d120c", "pm2.5", 3090, "ug/m3"],
  ["0e021c", "pm10", 7170, "ug/m3"],
  ["12e204", "co2", 1250, "ppm"],
  ["133301", "tvoc", 307, "ug/m3"],
  ["14020c", "moisture", 30.74, "%"],
  ["2e23", "humidity", 35, "%RH"],
  ["2f23", "moisture", 35, "%"],
  ["3d0960", "count", 24_585, "count"],
  ["3e2a2c0960", "count", 1_611_213_866, "count"],
  ["3f020c", "rotation", 307.4, "deg"],
  ["400c00", "distance", 12, "mm"],
  ["414e00", "distance", 7.8, "m"],
  ["424e3400", "duration", 13.39, "s"],
  ["434e34", "current", 13.39, "A"],
  ["444e34", "speed", 133.9, "m/s"],
  ["451101", "temperature", 27.3, "Cel"],
  ["4632", "uv-index", 5, "1"],
  ["478756", "volume", 2215.1, "l"],
  ["48dc87", "volume", 34_780, "ml"],
  ["49dc87", "volume-flow-rate", 34.78, "m3/h"],
  ["4a020c", "voltage", 307.4, "V"],
  ["4b138a14", "gas", 1346.067, "m3"],
  ["4c41018a01", "gas", 25_821.505, "m3"],
  ["4d12138a14", "energy", 344_593.17, "kWh"],
  ["4e87562a01", "volume", 19_551.879, "l"],
  ["4f87562a01", "water", 19_551.879, "l"],
  ["505d396164", "timestamp", 1_684_093_277, "s"],
  ["518756", "acceleration", 22.151, "m/s2"],
  ["528756", "gyroscope", 22.151, "deg/s"],
  ["5587562a01", "volume-storage", 19_551.879, "l"],
  ["56e803", "conductivity", 1000, "uS/cm"],
  ["57ea", "temperature", -22, "Cel"],
  ["58ea", "temperature", -7.7, "Cel"],
  ["59ea", "count", -22, "count"],
  ["5aeaea", "count", -5398, "count"],
  ["5bea0234ea", "count", -365_690_134, "count"],
  ["5d02ea", "current", -5.63, "A"],
];

/** Object ids of states, in order: 0f to 11, and 15 to 2d. */
export const STATE_IDS: readonly number[] = [
  ...Array.from({ length: 3 }, (_, index) => 0x0f + index),
  ...Array.from({ length: 25 }, (_, index) => 0x15 + index),
];

export const ADVERTISEMENT = "020106 0b094449592d73656e736f72 0a16d2fc4002c40903bf13";

export const ENCRYPTED = {
  key: "231d39c1d7cc1ab1aee224cd096db932",
  address: "54:48:e6:8f:80:a5",
  /** Service data: temperature 25.06, humidity 50.55, counter 00112233. */
  data: "41 a47266c95f73 00112233 78237214",
  counter: 0x33221100,
};
