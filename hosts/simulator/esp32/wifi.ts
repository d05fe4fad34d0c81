/**
 * Stands in for the SDK's driver of Wi-Fi. Without access points in the script there is one, `lab`, that answers as the script says. Like
 * the driver it tells of an address of IPv4 only where that of IPv6 is there, too, and does not report a disconnection that was asked for.
 */
import Timer from "timer";
import type { SimulatedAccessPoint, SimulatedBoard } from "./board-script.ts";

const IDLE = 200;
const CONNECTING = 300;
const ASSOCIATED = 400;
const CONNECTED = 500;

const ADDRESS = "192.0.2.7";
/** Every interface makes one for itself. The driver gives it where there is none of IPv4. */
const LINK_LOCAL = "fe80::1";
const ANSWER_MS = 50;
/** A real one takes two to three seconds. */
const SCAN_MS = 1_000;

const LAB: SimulatedAccessPoint = { ssid: "lab", rssi: -60 };

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

type Property = "connection" | "address";

const bssidOf = ({ ssid, bssid }: SimulatedAccessPoint) => bssid ?? `02:00:00:00:00:${ssid.length}0`;

class WiFi {
  private state = IDLE;
  private isScanning = false;
  private fixed: string | undefined;
  private joined: SimulatedAccessPoint | undefined;
  private leased: string | undefined;
  readonly MAC = "24:6f:28:aa:bb:cc";
  private readonly onChanged: ((property: Property) => void) | undefined;

  constructor(options: { onChanged?: (property: Property) => void }) {
    this.onChanged = options.onChanged;
    simulatedBoard().events.set("wifi lost", () => this.lose());
    simulatedBoard().events.set("address lost", () => {
      this.leased = LINK_LOCAL;
    });
  }

  get connection(): number {
    if (simulatedBoard().isBroken("wifi")) throw new Error("WiFi: no memory");
    return this.state;
  }

  get address(): string | undefined {
    return this.fixed ?? this.leased;
  }

  get RSSI(): number | undefined {
    return this.here?.rssi;
  }

  get BSSID(): string | undefined {
    return this.here && bssidOf(this.here);
  }

  scan(options: {
    onFound: (point: { SSID: string; BSSID: string; RSSI: number; security: string }) => void;
    onComplete: () => void;
  }): void {
    if (this.isScanning) throw new Error("already scanning");
    if (this.state === CONNECTING) throw new Error("scan failed");
    this.isScanning = true;
    Timer.set(() => {
      this.isScanning = false;
      for (const point of this.air()) {
        const security = point.password === undefined ? "none" : "wpa2_psk";
        options.onFound({ SSID: point.ssid, BSSID: bssidOf(point), RSSI: point.rssi, security });
      }
      options.onComplete();
    }, SCAN_MS);
  }

  configure(options: { static: { address: string; mask: string; gateway: string } }): void {
    if (options.static.mask !== "255.255.255.0") throw new Error("invalid mask");
    this.fixed = options.static.address;
  }

  connect(options: { SSID: string; password?: string }): void {
    if (this.state === CONNECTING) throw new Error("already connecting");
    const points = this.air().filter(({ ssid }) => ssid === options.SSID);
    const [point] = points.sort((a, b) => b.rssi - a.rssi);
    const isLet = point !== undefined && point.password === options.password;
    const answer = simulatedBoard().script.air
      ? isLet
        ? (point.answer ?? "joined")
        : "refused"
      : simulatedBoard().nextWifi();
    if (answer === "throws") throw new Error("connect failed");
    this.state = CONNECTING;
    Timer.set(() => {
      if (answer === "refused" || !point) this.lose();
      else {
        this.joined = point;
        this.state = ASSOCIATED;
        this.leased = LINK_LOCAL;
        this.onChanged?.("connection");
        if (answer === "joined") this.join();
        if (answer === "no IPv6") this.leased = ADDRESS;
      }
    }, ANSWER_MS);
  }

  disconnect(): void {
    this.state = IDLE;
    this.leased = this.joined = undefined;
  }

  private join(): void {
    this.state = CONNECTED;
    this.leased = ADDRESS;
    this.onChanged?.("connection");
    this.onChanged?.("address");
  }

  private lose(): void {
    this.disconnect();
    this.onChanged?.("connection");
  }

  private air(): SimulatedAccessPoint[] {
    return [...(simulatedBoard().air ?? [LAB])];
  }

  /** The access point to which the board belongs, as strong as it is now. */
  private get here(): SimulatedAccessPoint | undefined {
    const { joined } = this;
    return joined && (this.air().find((point) => bssidOf(point) === bssidOf(joined)) ?? joined);
  }
}

export default WiFi;
