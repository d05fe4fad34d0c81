/** Stands in for the SDK's driver of Wi-Fi. */
import Timer from "timer";
import type { SimulatedBoard } from "./board-script.ts";

const IDLE = 200;
const CONNECTING = 300;
const ASSOCIATED = 400;
const CONNECTED = 500;

const ADDRESS = "192.0.2.7";
/** Every interface makes one for itself. The driver gives it where there is none of IPv4. */
const LINK_LOCAL = "fe80::1";
const ANSWER_MS = 50;

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

type Property = "connection" | "address";

class WiFi {
  private state = IDLE;
  address: string | undefined;
  readonly MAC = "24:6f:28:aa:bb:cc";
  private readonly onChanged: ((property: Property) => void) | undefined;

  constructor(options: { onChanged?: (property: Property) => void }) {
    this.onChanged = options.onChanged;
    simulatedBoard().events.set("wifi lost", () => this.lose());
    simulatedBoard().events.set("address lost", () => {
      this.address = LINK_LOCAL;
    });
  }

  get RSSI(): number | undefined {
    return this.state >= ASSOCIATED ? -60 : undefined;
  }

  get connection(): number {
    if (simulatedBoard().isBroken("wifi")) throw new Error("WiFi: no memory");
    return this.state;
  }

  connect(options: { SSID: string; password?: string }): void {
    if (options.SSID !== "lab") throw new Error(`no network ${options.SSID}`);
    if (this.state === CONNECTING) throw new Error("already connecting");
    const answer = simulatedBoard().nextWifi();
    if (answer === "throws") throw new Error("connect failed");
    this.state = CONNECTING;
    Timer.set(() => {
      if (answer === "refused") this.lose();
      else {
        this.state = ASSOCIATED;
        this.address = LINK_LOCAL;
        this.onChanged?.("connection");
        if (answer === "joined") this.join();
        // The driver tells of an address of IPv4 only when that of IPv6 is there, too.
        if (answer === "no IPv6") this.address = ADDRESS;
      }
    }, ANSWER_MS);
  }

  /** Like the driver, it does not report this. */
  disconnect(): void {
    this.state = IDLE;
    this.address = undefined;
  }

  private join(): void {
    this.state = CONNECTED;
    this.address = ADDRESS;
    this.onChanged?.("connection");
    this.onChanged?.("address");
  }

  private lose(): void {
    this.state = IDLE;
    this.address = undefined;
    this.onChanged?.("connection");
  }
}

export default WiFi;
