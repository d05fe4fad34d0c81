import WiFi from "embedded:network/interface/wifi";
import { OneTimer } from "../moddable/clock.ts";

/** First wait before the network is tried again, in milliseconds; it doubles with each attempt that fails. */
const RETRY_BASE_MS = 1_000;

/** Longest wait before the network is tried again, in milliseconds. */
const RETRY_MAX_MS = 60_000;

/** How long an attempt may take until there is an address, in milliseconds. A network may take the board in and give it none. */
const ADDRESS_MS = 30_000;

/** ECMA-419's values of `connection`: from here on there is an address; up to there, nothing is connected or tried. */
const CONNECTED = 500;
const DISCONNECTED = 200;

/** Connects to one Wi-Fi network and stays connected. The firmware does this itself: the SDK's way never starts without. */
export class WifiKeeper {
  private readonly log: (line: string) => void;
  private readonly wifi: WiFi;
  /** Of the wait before an attempt, and of the attempt. */
  private readonly timer = new OneTimer();
  private onAddress: () => void = () => {};
  private network: { SSID: string; password?: string } | undefined;
  private failures = 0;
  /** undefined while there is no connection. */
  private address: string | undefined;

  /** Makes the network interface; sockets may be opened from now on, and fail until there is an address. */
  constructor(log: (line: string) => void) {
    this.log = log;
    this.wifi = new WiFi({ onChanged: () => this.changed() });
  }

  /** Hardware address, `xx:xx:xx:xx:xx:xx`. */
  get mac(): string | undefined {
    return this.wifi.MAC;
  }

  /** Begins to connect. `onAddress` is called each time that there is an address again, or another one. */
  start(ssid: string, password: string, onAddress: () => void): void {
    this.network = password === "" ? { SSID: ssid } : { SSID: ssid, password };
    this.onAddress = onAddress;
    this.connect();
  }

  private connect(): void {
    if (!this.network) return;
    try {
      this.wifi.connect(this.network);
      this.timer.set(ADDRESS_MS, () => this.giveUp());
    } catch (error) {
      this.log(`Wi-Fi: ${error}`);
      this.later();
    }
  }

  /** The driver tells nothing of a disconnection that was asked for. */
  private giveUp(): void {
    this.log("Wi-Fi: no address");
    try {
      this.wifi.disconnect();
    } catch (error) {
      this.log(`Wi-Fi: ${error}`);
    }
    this.later();
  }

  private changed(): void {
    const { connection, address } = this.wifi;
    if (connection >= CONNECTED) {
      this.failures = 0;
      this.timer.set(undefined, () => {});
      // Connection and address are told one after the other, and both stand here the first time.
      if (address === undefined || address === this.address) return;
      this.log(`Wi-Fi: connected as ${address}`);
      this.address = address;
      this.onAddress();
    } else if (connection <= DISCONNECTED) {
      if (this.address !== undefined) this.log("Wi-Fi: connection lost");
      this.address = undefined;
      this.later();
    }
  }

  private later(): void {
    const ceilingMs = Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** this.failures);
    this.failures = Math.min(this.failures + 1, 16);
    // At least half of it, so that an access point that refuses is not asked without pause.
    this.timer.set(ceilingMs * (0.5 + Math.random() / 2), () => this.connect());
  }
}
