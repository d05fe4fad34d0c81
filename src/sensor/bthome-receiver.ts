/**
 * Sensors that others carry: devices that advertise in BTHome and stand in the settings. Each kind of reading becomes a sensor when
 * it is heard for the first time. Events, such as presses of a button, are counted.
 */
import { messageOf } from "../errors.ts";
import { BTHOME_READINGS_MAX, BTHOME_SILENCE_MS } from "../limits.ts";
import type { Sensor } from "../seams.ts";
import type { BlockCipher } from "./aes-ccm.ts";
import { type BthomeObject, bthomeDataOf, decodeBthome } from "./bthome.ts";
import { deadbandOf } from "./noise.ts";

/** A device of the settings. */
export interface BthomeDevice {
  /** `aa:bb:cc:dd:ee:ff`, in small letters. */
  readonly address: string;
  readonly name: string;
  /** 16 bytes; undefined where it does not encrypt. */
  readonly key: Uint8Array | undefined;
}

/** Makes the cipher of a key of 16 bytes. */
export type NewCipher = (key: Uint8Array) => BlockCipher;

interface Heard {
  readonly device: BthomeDevice;
  readonly cipher: BlockCipher | undefined;
  readonly readings: Map<string, { value: number }>;
  heardMs: number;
  counter: number;
  packetId: number | undefined;
  /** The log has said that its messages are refused. */
  isRefused: boolean;
}

/** What a receiver needs of its host. */
export interface BthomeHost {
  /** The receiver adds a sensor here when it is heard for the first time. */
  readonly sensors: Sensor[];
  readonly newCipher: NewCipher;
  /** Monotonic milliseconds. */
  nowMs(): number;
  log(line: string): void;
}

export class BthomeReceiver {
  private readonly heard = new Map<string, Heard>();
  private readonly host: BthomeHost;

  constructor(devices: readonly BthomeDevice[], host: BthomeHost) {
    this.host = host;
    for (const device of devices) {
      const cipher = device.key && host.newCipher(device.key);
      const readings = new Map<string, { value: number }>();
      this.heard.set(device.address, {
        device,
        cipher,
        readings,
        heardMs: Number.NEGATIVE_INFINITY,
        counter: -1,
        packetId: undefined,
        isRefused: false,
      });
    }
  }

  /**
   * Takes an advertisement. Those of other devices are ignored, and those that were heard before.
   * @returns whether something new is to be told at once: a state that has changed, an event, a new reading
   */
  handleAdvertisement(address: string, advertisement: Uint8Array): boolean {
    const heard = this.heard.get(address);
    const data = heard && bthomeDataOf(advertisement);
    if (!heard || !data) return false;
    try {
      const bytes = address.split(":").map((digits) => Number.parseInt(digits, 16));
      const { counter, packetId, objects } = decodeBthome(data, Uint8Array.from(bytes), heard.cipher);
      heard.heardMs = this.host.nowMs();
      if (counter !== undefined) {
        // One that was recorded and is sent again, or a repetition.
        if (counter <= heard.counter) return false;
        heard.counter = counter;
      } else if (packetId !== undefined) {
        if (packetId === heard.packetId) return false;
        heard.packetId = packetId;
      }
      this.tellRefusal(heard, "");
      return objects.map((object) => this.take(heard, object)).includes(true);
    } catch (error) {
      this.tellRefusal(heard, messageOf(error));
      return false;
    }
  }

  private take(heard: Heard, { name, unit, value, kind }: BthomeObject): boolean {
    const reading = heard.readings.get(name);
    if (!reading) return this.add(heard, { name, unit, value, kind });
    const isNew = kind === "event" || (kind === "state" && reading.value !== value);
    reading.value = kind === "event" ? reading.value + value : value;
    return isNew;
  }

  private add(heard: Heard, { name, unit, value, kind }: BthomeObject): boolean {
    const { device, readings } = heard;
    if (readings.size >= BTHOME_READINGS_MAX) return false;
    const reading = { value };
    readings.set(name, reading);
    this.host.sensors.push({
      name: `${device.name}/${name}`,
      unit: kind === "event" ? "count" : unit,
      deadband: kind === "measurement" ? deadbandOf(unit) : 1,
      isTotal: kind === "event",
      isPrompt: kind !== "measurement",
      carrier: device.name,
      sample: () => (this.host.nowMs() - heard.heardMs <= BTHOME_SILENCE_MS ? reading.value : undefined),
    });
    return true;
  }

  /** A device may be heard every second. So the log says once that it is refused, and once that it is not any more. */
  private tellRefusal(heard: Heard, problem: string): void {
    const isRefused = problem !== "";
    if (isRefused !== heard.isRefused)
      this.host.log(`${heard.device.name}: ${isRefused ? problem : "understood again"}`);
    heard.isRefused = isRefused;
  }
}
