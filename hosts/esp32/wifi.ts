import WiFi from "embedded:network/interface/wifi";
import type { Values } from "../../src/gateway/setting.ts";
import type { Sensor } from "../../src/seams.ts";
import type { SetupNetwork } from "../moddable/board.ts";
import { ADDRESS_SETTINGS, WIFI_SETTINGS } from "../moddable/board-settings.ts";
import { MonotonicClock, OneTimer } from "../moddable/clock.ts";
import type { Guard, Guards } from "../moddable/guard.ts";
import { isIPv4 } from "../moddable/tls/ip-address.ts";
import type { NetworkKeeper, NetworkPart, NetworkWatcher } from "./board-parts.ts";
import { fixedAddressOf } from "./fixed-address.ts";
import { WifiSetup } from "./setup-network.ts";
import { type HeardNetwork, type KnownNetwork, WifiPlan } from "./wifi-plan.ts";

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

/** How long it takes to listen on all channels, at most, in milliseconds. */
const LISTEN_MS = 10_000;

/** The driver reports the end of a connection that was left only after a while. Until then a new attempt would seem to fail. */
const LEAVE_MS = 1_000;

/**
 * ECMA-419's values of `connection`. At ASSOCIATED and above the board belongs to a network. At DISCONNECTED and below there is no
 * connection and no attempt.
 */
const ASSOCIATED = 400;
const DISCONNECTED = 200;

/** What the driver says of an access point that asks for no password. */
const OPEN = "none";

/** A smaller change of the signal is not told. */
const SIGNAL_STEP_DBM = 6;

/** What the driver says of an access point. */
interface AccessPoint {
  readonly SSID: string;
  readonly BSSID: string;
  readonly RSSI: number;
  readonly security: string;
}

/** The names of the settings of a network begin so, in their order. */
const NETWORKS: readonly string[] = Object.freeze(["wifi", "wifi.2", "wifi.3", "wifi.4"]);

/** Wi-Fi, for boards whose manifest includes the SDK's `io/wifi`. */
export const wifi = Object.freeze<NetworkPart>({
  settings: Object.freeze({ ...WIFI_SETTINGS, ...ADDRESS_SETTINGS }),
  open: (guards) => new WifiKeeper(guards),
});

function networksOf(own: Values): readonly KnownNetwork[] {
  const networks = NETWORKS.map((name) => ({
    ssid: String(own[`${name}.ssid`]),
    password: String(own[`${name}.password`]),
  }));
  return networks.filter(({ ssid }) => ssid !== "");
}

/**
 * Does what the plan decides: listens, joins, leaves. The firmware does this itself, because the SDK's own code does not start the
 * program without a network.
 */
class WifiKeeper implements NetworkKeeper {
  readonly figures: readonly Sensor[] = [
    { name: "signal", unit: "dBm", deadband: SIGNAL_STEP_DBM, isDiagnostic: true, sample: () => this.wifi.RSSI },
  ];
  private readonly guards: Guards;
  private readonly wifi: WiFi;
  private readonly guard: Guard;
  private readonly clock = new MonotonicClock();
  /** Times the next step, and when the address is read next. */
  private readonly timer: OneTimer;
  private plan: WifiPlan | undefined;
  private watcher: NetworkWatcher | undefined;
  /** The network that is being joined. undefined: there is no attempt. */
  private joining: string | undefined;
  private looksLeft = 0;
  /** Of the network that was joined last. */
  private ssid = "";
  /** undefined while there is no connection. */
  private address: string | undefined;
  /** Takes what was heard. undefined: the board does not listen. */
  private handleHeard: ((heard: readonly HeardNetwork[] | undefined) => void) | undefined;

  constructor(guards: Guards) {
    this.guards = guards;
    this.guard = guards.of("Wi-Fi", { handleFailure: () => this.startOver() });
    this.timer = new OneTimer(this.guard);
    this.wifi = new WiFi({ onChanged: () => this.guard.run(() => this.handleChanged()) });
  }

  get mac(): string | undefined {
    return this.wifi.MAC;
  }

  start(own: Values, watcher: NetworkWatcher): void {
    this.watcher = watcher;
    this.plan = new WifiPlan(networksOf(own), Math.random);
    this.guard.run(() => {
      const fixed = fixedAddressOf(own);
      if (fixed) this.wifi.configure({ static: fixed });
      this.step();
    });
  }

  openSetup(startTime: (own: Values) => void): SetupNetwork {
    return new WifiSetup(this.guards, startTime);
  }

  private step(): void {
    const { plan } = this;
    if (!plan) return;
    const step = plan.next();
    switch (step.kind) {
      case "listen":
        this.listen((heard) => {
          plan.handleHeard(heard);
          this.step();
        });
        break;
      case "join":
        this.join(step.network);
        break;
      case "wait":
        this.guards.tell(`Wi-Fi: ${plan.why || "no connection"}`);
        this.watcher?.handleTrouble("no Wi-Fi", plan.why);
        this.timer.set(step.delayMs, () => this.step());
        break;
    }
  }

  private join({ ssid, password }: KnownNetwork): void {
    this.joining = ssid;
    this.watcher?.handleTrouble("no Wi-Fi", this.plan?.why || `joins ${ssid}`);
    try {
      this.wifi.connect(password === "" ? { SSID: ssid } : { SSID: ssid, password });
    } catch (error) {
      this.guards.tell(`Wi-Fi: ${error}`);
      this.fail();
      return;
    }
    this.looksLeft = ADDRESS_MS / LOOK_MS;
    this.timer.set(LOOK_MS, () => this.look());
  }

  /** The network could not be joined. */
  private fail(): void {
    this.joining = undefined;
    this.plan?.handleFailed();
    this.step();
  }

  /** Reads the address, and ends an attempt that takes too long. */
  private look(): void {
    this.handleChanged();
    if (this.joining === undefined) return;
    this.looksLeft -= 1;
    if (this.looksLeft > 0) this.timer.set(LOOK_MS, () => this.look());
    else {
      this.plan?.handleNoAddress();
      this.leave("no address");
    }
  }

  /** Ends the attempt or the connection. The driver does not report a disconnection that was asked for. */
  private leave(reason: string): void {
    this.guards.tell(`Wi-Fi: ${reason}`);
    this.joining = this.address = this.handleHeard = undefined;
    try {
      this.wifi.disconnect();
    } catch (error) {
      this.guards.tell(`Wi-Fi: ${error}`);
    }
    this.watcher?.handleTrouble("no Wi-Fi", this.plan?.why ?? "");
    this.timer.set(LEAVE_MS, () => this.step());
  }

  private handleChanged(): void {
    const { connection } = this.wifi;
    const address = connection < ASSOCIATED ? undefined : this.addressOf4;
    if (connection <= DISCONNECTED) this.handleDisconnected();
    else if (address !== undefined) this.handleAddress(address);
    else if (this.address !== undefined) {
      this.plan?.handleLost();
      this.leave("address lost");
    } else if (connection >= ASSOCIATED && this.joining !== undefined)
      this.watcher?.handleTrouble("no address", `${this.joining} has given none yet`);
  }

  private handleDisconnected(): void {
    if (this.address !== undefined) {
      this.guards.tell("Wi-Fi: connection lost");
      this.address = this.handleHeard = undefined;
      this.plan?.handleLost();
      this.watcher?.handleTrouble("no Wi-Fi", `${this.ssid}: connection lost`);
      this.step();
    } else if (this.joining !== undefined) this.fail();
  }

  private handleAddress(address: string): void {
    const nowMs = this.clock.nowMs();
    if (this.joining !== undefined) {
      this.ssid = this.joining;
      this.joining = undefined;
      this.plan?.handleJoined(nowMs);
    } else if (this.address === undefined) return;
    // The driver reports connection and address separately. The first report already has both.
    if (address !== this.address) {
      this.guards.tell(`Wi-Fi: connected as ${address}`);
      this.address = address;
      this.watcher?.handleAddress(this.ssid);
    }
    if (!this.handleHeard) this.timer.set(LOOK_CONNECTED_MS, () => this.check());
  }

  /** Reads the address and the signal of the connection. Looks for a better access point where the signal is weak. */
  private check(): void {
    this.handleChanged();
    const { plan } = this;
    const { RSSI: rssi, BSSID: bssid } = this.wifi;
    if (!plan || this.address === undefined || rssi === undefined || bssid === undefined) return;
    if (!plan.handleSignal(rssi, this.clock.nowMs())) return;
    this.listen((heard = []) => {
      if (plan.roams(heard, { ssid: this.ssid, bssid, rssi }, this.clock.nowMs()))
        this.leave(`leaves ${this.ssid} at ${rssi} dBm for a stronger access point`);
      else this.timer.set(LOOK_CONNECTED_MS, () => this.check());
    });
  }

  /** Listens on all channels. The handler gets the access points of known networks, or undefined if the driver cannot listen. */
  private listen(handler: (heard: readonly HeardNetwork[] | undefined) => void): void {
    const heard: HeardNetwork[] = [];
    const finish = (all: readonly HeardNetwork[] | undefined) => {
      if (this.handleHeard !== handler) return;
      this.handleHeard = undefined;
      handler(all);
    };
    this.handleHeard = handler;
    try {
      this.wifi.scan({
        onFound: (point) =>
          this.guard.run(() => {
            if (this.plan?.knows(point.SSID)) heard.push(heardOf(point));
          }),
        onComplete: () => this.guard.run(() => finish(heard)),
      });
      this.timer.set(LISTEN_MS, () => finish(heard));
    } catch (error) {
      this.guards.tell(`Wi-Fi: ${error}`);
      finish(undefined);
    }
  }

  /** The IPv4 address. Without one the driver returns an IPv6 address that every interface makes for itself. */
  private get addressOf4(): string | undefined {
    const { address } = this.wifi;
    return address !== undefined && isIPv4(address) ? address : undefined;
  }

  /** After an exception nothing is known of the driver. */
  private startOver(): void {
    this.joining = this.address = this.handleHeard = undefined;
    this.plan?.handleLost();
    this.timer.set(LEAVE_MS, () => this.step());
  }
}

function heardOf({ SSID, BSSID, RSSI, security }: AccessPoint): HeardNetwork {
  return { ssid: SSID, bssid: BSSID, rssi: RSSI, isOpen: security === OPEN };
}
