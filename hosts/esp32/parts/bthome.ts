/** Hears devices that advertise in BTHome over Bluetooth Low Energy, those that the settings name. */
import BLEClient from "bleclient";
import { BlockCipher } from "crypt";
import { parseBthomeDevices } from "../../../src/gateway/sensor-settings.ts";
import { BthomeReceiver } from "../../../src/sensor/bthome-receiver.ts";
import { BTHOME_SETTINGS } from "../../moddable/board-settings.ts";
import type { Guard } from "../../moddable/guard.ts";
import type { SensorPart } from "../sensing.ts";

export const bthome: SensorPart = {
  settings: BTHOME_SETTINGS,
  open(own, { problems, sensors, guards, clock }) {
    const devices = parseBthomeDevices(String(own["bthome.devices"]), String(own["bthome.keys"]), problems);
    const guard = guards.of("Bluetooth");
    const receiver = new BthomeReceiver(devices, {
      sensors,
      newCipher,
      nowMs: () => clock.nowMs(),
      log: (line) => guards.tell(line),
    });
    return {
      carriers: devices.map(({ name }) => name),
      start(pager) {
        // Without devices the radio stays off.
        if (devices.length === 0) return;
        guard.run(() => {
          new Scanner(guard, (address, advertisement) => {
            if (receiver.handleAdvertisement(address, advertisement)) pager.sensed();
          });
        });
      },
    };
  },
};

function newCipher(key: Uint8Array): (block: Uint8Array) => Uint8Array {
  const cipher = new BlockCipher("AES", key.slice().buffer);
  return (block) => new Uint8Array(cipher.encrypt(block.slice().buffer));
}

/** Scans without a pause and asks nothing of those that it hears. */
class Scanner extends BLEClient {
  private readonly guard: Guard;
  private readonly handle: (address: string, advertisement: Uint8Array) => void;

  constructor(guard: Guard, handle: (address: string, advertisement: Uint8Array) => void) {
    super();
    this.guard = guard;
    this.handle = handle;
  }

  override onReady(): void {
    this.guard.run(() => this.startScanning({ active: false, duplicates: true }));
  }

  override onDiscovered({
    address,
    scanResponse,
  }: {
    address: ArrayBuffer;
    scanResponse: { buffer: ArrayBuffer };
  }): void {
    this.guard.run(() => this.handle(addressOf(address), new Uint8Array(scanResponse.buffer)));
  }
}

/** The SDK has the least significant byte first. */
function addressOf(bytes: ArrayBuffer): string {
  const octets = [...new Uint8Array(bytes)].reverse();
  return octets.map((octet) => (octet < 16 ? "0" : "") + octet.toString(16)).join(":");
}
