/** Bosch's BME680 and BME688, sensors of temperature, humidity and pressure. Their gas sensor stays cold: it would warm the others. */
import { BME68x } from "embedded:sensor/Barometer-Humidity-Temperature/BME68x";
import Timer from "timer";
import { openI2cDriver } from "./i2c-device.ts";
import type { AirSensorKind, Measurement } from "./i2c-sensor.ts";

const PASCALS_PER_HECTOPASCAL = 100;

export const BME68X: AirSensorKind = Object.freeze({
  name: "BME68x",
  addresses: Object.freeze([0x76, 0x77]),
  quantities: Object.freeze(["temperature", "humidity", "pressure"] as const),
  open(pins, address) {
    const driver = openI2cDriver(pins, address, (sensor) => configured(new BME68x({ sensor })));
    return { measure: () => measure(driver), close: () => driver.close() };
  },
} satisfies AirSensorKind);

/** Twofold oversampling and no filter. */
const configuration = () => ({
  filter: BME68x.FILTER_OFF,
  odr: BME68x.ODR_NONE,
  os_hum: BME68x.OS_2X,
  os_pres: BME68x.OS_2X,
  os_temp: BME68x.OS_2X,
});

function configured(driver: BME68x): BME68x {
  driver.set_conf(configuration());
  driver.set_heatr_conf(BME68x.FORCED_MODE, { enable: BME68x.DISABLE, heatr_temp: 0, heatr_dur: 0 });
  return driver;
}

/** One measurement. Then the sensor sleeps again. */
function measure(driver: BME68x): Measurement {
  driver.set_op_mode(BME68x.FORCED_MODE);
  Timer.delay(Math.ceil(driver.get_meas_dur(BME68x.FORCED_MODE, configuration())));
  const [data] = driver.get_data(BME68x.FORCED_MODE) ?? [];
  if (!data) throw new Error("BME68x: no new data");
  return {
    temperature: data.temperature,
    humidity: data.humidity,
    pressure: data.pressure / PASCALS_PER_HECTOPASCAL,
  };
}
