/** Stands in for the SDK's driver of Wi-Fi. */
import Timer from "timer";
import type { SimulatedBoard } from "./board-script.ts";

const IDLE = 200;
const CONNECTING = 300;
const ASSOCIATED = 400;
const CONNECTED = 500;

const ADDRESS = "192.0.2.7";
const ANSWER_MS = 50;

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

type Property = "connection" | "address";

class WiFi {
  connection = IDLE;
  address: string | undefined;
  readonly MAC = "24:6f:28:aa:bb:cc";
  private readonly onChanged: ((property: Property) => void) | undefined;

  constructor(options: { onChanged?: (property: Property) => void }) {
    this.onChanged = options.onChanged;
    simulatedBoard().events.set("wifi lost", () => this.lose());
  }

  connect(options: { SSID: string; password?: string }): void {
    if (options.SSID !== "lab") throw new Error(`no network ${options.SSID}`);
    if (this.connection === CONNECTING) throw new Error("already connecting");
    const answer = simulatedBoard().nextWifi();
    if (answer === "throws") throw new Error("connect failed");
    this.connection = CONNECTING;
    Timer.set(() => {
      if (answer === "refused") this.lose();
      else {
        this.connection = ASSOCIATED;
        this.onChanged?.("connection");
        if (answer === "joined") this.join();
      }
    }, ANSWER_MS);
  }

  /** Like the driver, it does not report this. */
  disconnect(): void {
    this.connection = IDLE;
    this.address = undefined;
  }

  private join(): void {
    this.connection = CONNECTED;
    this.address = ADDRESS;
    this.onChanged?.("connection");
    this.onChanged?.("address");
  }

  private lose(): void {
    this.connection = IDLE;
    this.address = undefined;
    this.onChanged?.("connection");
  }
}

export default WiFi;
