import WiFi from "embedded:network/interface/wifi";
import { OneTimer } from "../moddable/clock.ts";

/** First wait before a new attempt, in milliseconds. It doubles after each attempt that fails. */
const RETRY_BASE_MS = 1_000;

/** Longest wait before a new attempt, in milliseconds. */
const RETRY_MAX_MS = 60_000;

/**
 * How long an attempt may take until there is an address, in milliseconds. A network may accept the board and give it
 * no address.
 */
const ADDRESS_MS = 30_000;

/**
 * ECMA-419's values of `connection`. At CONNECTED and above there is an address. At DISCONNECTED and below there is no
 * connection and no attempt.
 */
const CONNECTED = 500;
const DISCONNECTED = 200;

/**
 * Connects to one Wi-Fi network and stays connected. The firmware does this itself, because the SDK's own code does not
 * start the program without a network.
 */
export class WifiKeeper {
  private readonly log: (line: string) => void;
  private readonly wifi: WiFi;
  /** Times the wait before an attempt, and then the attempt. */
  private readonly timer = new OneTimer();
  private onAddress: () => void = () => {};
  private network: { SSID: string; password?: string } | undefined;
  private failures = 0;
  /** undefined while there is no connection. */
  private address: string | undefined;

  /** Makes the network interface. From now on sockets can be opened. They fail until there is an address. */
  constructor(log: (line: string) => void) {
    this.log = log;
    this.wifi = new WiFi({ onChanged: () => this.handleChanged() });
  }

  /** Hardware address, `xx:xx:xx:xx:xx:xx`. */
  get mac(): string | undefined {
    return this.wifi.MAC;
  }

  /** Begins to connect. `onAddress` is called whenever there is an address again, or a new one. */
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
      this.retryLater();
    }
  }

  /** Ends the attempt. The driver does not report a disconnection that was asked for. */
  private giveUp(): void {
    this.log("Wi-Fi: no address");
    try {
      this.wifi.disconnect();
    } catch (error) {
      this.log(`Wi-Fi: ${error}`);
    }
    this.retryLater();
  }

  private handleChanged(): void {
    const { connection, address } = this.wifi;
    if (connection >= CONNECTED) {
      this.failures = 0;
      this.timer.set(undefined, () => {});
      // The driver reports connection and address separately. The first report already has both.
      if (address === undefined || address === this.address) return;
      this.log(`Wi-Fi: connected as ${address}`);
      this.address = address;
      this.onAddress();
    } else if (connection <= DISCONNECTED) {
      if (this.address !== undefined) this.log("Wi-Fi: connection lost");
      this.address = undefined;
      this.retryLater();
    }
  }

  private retryLater(): void {
    const ceilingMs = Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** this.failures);
    this.failures = Math.min(this.failures + 1, 16);
    // The wait is at least half of the limit, so that an access point that refuses is not asked without pause.
    this.timer.set(ceilingMs * (0.5 + Math.random() / 2), () => this.connect());
  }
}
