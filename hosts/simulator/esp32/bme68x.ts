/** Stands in for the SDK's driver of the BME68x. It measures 19.876 degrees, 55.5 % and 98,765 Pa, when it has been told to. */
import type I2C from "./i2c.ts";

const CHIP_ID = Uint8Array.of(0xd0);

export class BME68x {
  static readonly FILTER_OFF = 0;
  static readonly ODR_NONE = 8;
  static readonly OS_2X = 2;
  static readonly DISABLE = 0;
  static readonly FORCED_MODE = 1;
  private readonly io: I2C;
  private readonly configured = new Set<string>();
  private isMeasuring = false;

  constructor(options: { sensor: { io: typeof I2C; data: number; clock: number; address: number; hz: number } }) {
    this.io = new options.sensor.io(options.sensor);
    try {
      this.io.write(CHIP_ID);
    } catch {
      this.close();
      throw new Error("init fail");
    }
  }

  set_conf(_configuration: object): void {
    this.configured.add("measurement");
  }

  set_heatr_conf(_mode: number, _options: object): void {
    this.configured.add("heater");
  }

  set_op_mode(mode: number): void {
    this.io.write(CHIP_ID);
    this.isMeasuring = mode === BME68x.FORCED_MODE && this.configured.size === 2;
  }

  get_meas_dur(_mode: number, _configuration: object): number {
    return 11.5;
  }

  get_data(_mode: number): { temperature: number; humidity: number; pressure: number }[] | undefined {
    if (!this.isMeasuring) return undefined;
    this.isMeasuring = false;
    return [{ temperature: 19.876, humidity: 55.5, pressure: 98_765 }];
  }

  close(): void {
    this.io.close();
  }
}
