import WiFi from "embedded:network/interface/wifi";
import type { Values } from "../../src/gateway/setting.ts";
import type { Sensor } from "../../src/seams.ts";
import { OneTimer } from "../moddable/clock.ts";
import type { Guard, Guards } from "../moddable/guard.ts";
import { isIPv4 } from "../moddable/tls/ip-address.ts";
import type { NetworkKeeper, NetworkPart } from "./board-parts.ts";
import { WIFI_SETTINGS } from "./settings.ts";

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
 * How often the address is read, in milliseconds: during an attempt, and when there is one. The SDK's driver reports an IPv4 address
 * only when there is an IPv6 address too. It never reports that an address is lost.
 */
const LOOK_MS = 1_000;
const LOOK_CONNECTED_MS = 30_000;

/**
 * ECMA-419's values of `connection`. At ASSOCIATED and above the board belongs to a network. At DISCONNECTED and below there is no
 * connection and no attempt.
 */
const ASSOCIATED = 400;
const DISCONNECTED = 200;

/** A smaller change of the signal is not told. */
const SIGNAL_STEP_DBM = 6;

/** Wi-Fi, for boards whose manifest includes the SDK's `io/wifi`. */
export const wifi = Object.freeze<NetworkPart>({
  settings: WIFI_SETTINGS,
  open: (guards) => new WifiKeeper(guards),
});

/**
 * Connects to one Wi-Fi network and stays connected. The firmware does this itself, because the SDK's own code does not
 * start the program without a network.
 */
class WifiKeeper implements NetworkKeeper {
  readonly figures: readonly Sensor[] = [
    { name: "signal", unit: "dBm", deadband: SIGNAL_STEP_DBM, isDiagnostic: true, sample: () => this.wifi.RSSI },
  ];
  private readonly guards: Guards;
  private readonly wifi: WiFi;
  private readonly guard: Guard;
  /** Times the wait before an attempt, and when the address is read next. */
  private readonly timer: OneTimer;
  private onAddress: () => void = () => {};
  private network: { SSID: string; password?: string } | undefined;
  private failures = 0;
  private looksLeft = 0;
  /** undefined while there is no connection. */
  private address: string | undefined;

  constructor(guards: Guards) {
    this.guards = guards;
    this.guard = guards.of("Wi-Fi", { handleFailure: () => this.retryLater() });
    this.timer = new OneTimer(this.guard);
    this.wifi = new WiFi({ onChanged: () => this.guard.run(() => this.handleChanged()) });
  }

  get mac(): string | undefined {
    return this.wifi.MAC;
  }

  start(own: Values, onAddress: () => void): void {
    const ssid = String(own["wifi.ssid"]);
    const password = String(own["wifi.password"]);
    this.network = password === "" ? { SSID: ssid } : { SSID: ssid, password };
    this.onAddress = onAddress;
    this.connect();
  }

  private connect(): void {
    if (!this.network) return;
    try {
      this.wifi.connect(this.network);
      this.looksLeft = ADDRESS_MS / LOOK_MS;
      this.timer.set(LOOK_MS, () => this.look());
    } catch (error) {
      this.guards.tell(`Wi-Fi: ${error}`);
      this.retryLater();
    }
  }

  /** Reads the address, and ends an attempt that takes too long. */
  private look(): void {
    this.handleChanged();
    if (this.address !== undefined || this.wifi.connection <= DISCONNECTED) return;
    this.looksLeft -= 1;
    if (this.looksLeft > 0) this.timer.set(LOOK_MS, () => this.look());
    else this.giveUp("no address");
  }

  /** Ends the attempt or the connection. The driver does not report a disconnection that was asked for. */
  private giveUp(reason: string): void {
    this.guards.tell(`Wi-Fi: ${reason}`);
    this.address = undefined;
    try {
      this.wifi.disconnect();
    } catch (error) {
      this.guards.tell(`Wi-Fi: ${error}`);
    }
    this.retryLater();
  }

  private handleChanged(): void {
    const { connection } = this.wifi;
    const address = connection < ASSOCIATED ? undefined : this.addressOf4;
    if (connection <= DISCONNECTED) {
      if (this.address !== undefined) this.guards.tell("Wi-Fi: connection lost");
      this.address = undefined;
      this.retryLater();
    } else if (address !== undefined) {
      this.failures = 0;
      this.timer.set(LOOK_CONNECTED_MS, () => this.look());
      // The driver reports connection and address separately. The first report already has both.
      if (address === this.address) return;
      this.guards.tell(`Wi-Fi: connected as ${address}`);
      this.address = address;
      this.onAddress();
    } else if (this.address !== undefined) this.giveUp("address lost");
  }

  /** The IPv4 address. Without one the driver returns an IPv6 address that every interface makes for itself. */
  private get addressOf4(): string | undefined {
    const { address } = this.wifi;
    return address !== undefined && isIPv4(address) ? address : undefined;
  }

  private retryLater(): void {
    const ceilingMs = Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** this.failures);
    this.failures = Math.min(this.failures + 1, 16);
    // The wait is at least half of the limit, so that an access point that refuses is not asked without pause.
    this.timer.set(ceilingMs * (0.5 + Math.random() / 2), () => this.connect());
  }
}
