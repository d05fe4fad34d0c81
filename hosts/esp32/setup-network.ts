import WiFi from "embedded:network/interface/wifi";
import AccessPoint from "access-point";
import type { Values } from "../../src/gateway/setting.ts";
import type { AccessPoints, SetupNetwork } from "../moddable/board.ts";
import { OneTimer } from "../moddable/clock.ts";
import type { Guard, Guards } from "../moddable/guard.ts";
import type { VisibleNetwork } from "../moddable/setup/visible-network.ts";
import { isIPv4 } from "../moddable/tls/ip-address.ts";
import { fixedAddressOf } from "./fixed-address.ts";

/** ECMA-419's values of `connection`. See `wifi.ts`. */
const ASSOCIATED = 400;
const DISCONNECTED = 200;

/** How often the connection is looked at, in milliseconds. The driver does not report all that happens. */
const LOOK_MS = 500;

/** Networks that are shown, the strongest ones. */
const NETWORKS_MAX = 20;

/** Wi-Fi while a board is set up: an access point, and beside it a station that joins the network of a trial. */
export class WifiSetup implements SetupNetwork, AccessPoints {
  readonly accessPoints: AccessPoints = this;
  private readonly wifi: WiFi;
  private readonly guard: Guard;
  private readonly timer: OneTimer;
  private readonly startTime: (own: Values) => void;
  private visible: readonly VisibleNetwork[] = [];
  /** Who waits for the scan that runs. The driver can run one. */
  private waiting: ((networks: readonly VisibleNetwork[]) => void)[] = [];

  /** @param startTime asks the time servers of these settings */
  constructor(guards: Guards, startTime: (own: Values) => void) {
    this.guard = guards.of("Wi-Fi");
    this.timer = new OneTimer(this.guard);
    this.startTime = startTime;
    this.wifi = new WiFi({});
  }

  openAccessPoint(ssid: string, password: string): { address: string; httpPort: number; dnsPort: number } {
    const { httpPort, dnsPort } = AccessPoint;
    return { address: AccessPoint.open(ssid, password), httpPort, dnsPort };
  }

  scan(done: (networks: readonly VisibleNetwork[]) => void): void {
    if (this.waiting.length === 0) this.startScan();
    this.waiting.push(done);
  }

  private startScan(): void {
    const strongest = new Map<string, VisibleNetwork>();
    this.wifi.scan({
      onFound: ({ SSID: ssid, RSSI: signal, security }) => {
        const isOpen = security === "none";
        if (ssid !== "" && signal > (strongest.get(ssid)?.signal ?? Number.NEGATIVE_INFINITY))
          strongest.set(ssid, { ssid, signal, isOpen });
      },
      onComplete: () =>
        this.guard.run(() => {
          this.visible = [...strongest.values()].sort((a, b) => b.signal - a.signal).slice(0, NETWORKS_MAX);
          const { waiting } = this;
          this.waiting = [];
          for (const done of waiting) done(this.visible);
        }),
    });
  }

  join(own: Values, joined: () => void, failed: (reason: string) => void): void {
    const ssid = String(own["wifi.ssid"]);
    const password = String(own["wifi.password"]);
    this.leave();
    const fixed = fixedAddressOf(own);
    try {
      if (fixed) this.wifi.configure({ static: fixed });
      this.wifi.connect(password === "" ? { SSID: ssid } : { SSID: ssid, password });
    } catch (error) {
      failed(String(error));
      return;
    }
    let isAssociated = false;
    const look = () => {
      const { connection, address } = this.wifi;
      isAssociated ||= connection >= ASSOCIATED;
      if (isAssociated && address !== undefined && isIPv4(address)) {
        joined();
        this.startTime(own);
      } else if (connection <= DISCONNECTED) failed(this.refusalOf(ssid, isAssociated));
      else this.timer.set(LOOK_MS, look);
    };
    this.timer.set(LOOK_MS, look);
  }

  leave(): void {
    this.timer.set(undefined, () => {});
    try {
      this.wifi.disconnect();
    } catch {
      // There was no connection.
    }
  }

  /** The driver does not say why a network refuses. */
  private refusalOf(ssid: string, isAssociated: boolean): string {
    const name = JSON.stringify(ssid);
    if (isAssociated) return `the network ${name} has thrown the device out again`;
    const isVisible = this.visible.some((network) => network.ssid === ssid);
    return isVisible || this.visible.length === 0
      ? `the network ${name} does not let the device in: is the password right?`
      : `the network ${name} is not there: is the name right, and does it have 2.4 GHz?`;
  }
}
