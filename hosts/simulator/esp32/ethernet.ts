/** Stands in for the SDK's driver of Ethernet. */
import Timer from "timer";
import type { SimulatedBoard } from "./board-script.ts";

const IDLE = 200;
const CONNECTING = 300;
const CONNECTED = 500;

const ADDRESS = "192.0.2.8";
/** Every interface makes one for itself. The driver gives it where there is none of IPv4. */
const LINK_LOCAL = "fe80::2";
const ANSWER_MS = 50;

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

class Ethernet {
  private hasLink = false;
  private hasAsked = false;
  private fixed: string | undefined;
  private leased: string | undefined;
  readonly MAC = "24:6f:28:aa:bb:cf";
  private readonly onChanged: ((property: "connection" | "address") => void) | undefined;

  constructor(options: { onChanged?: (property: "connection" | "address") => void }) {
    this.onChanged = options.onChanged;
    const { events, script } = simulatedBoard();
    events.set("cable out", () => this.unplug());
    events.set("cable in", () => this.plug());
    if (script.cable !== "out") Timer.set(() => this.plug(), ANSWER_MS);
  }

  get address(): string | undefined {
    return this.fixed ?? this.leased;
  }

  get connection(): number {
    if (simulatedBoard().isBroken("ethernet")) throw new Error("EMAC: timeout");
    if (this.hasLink && this.address !== LINK_LOCAL) return CONNECTED;
    return this.hasAsked ? CONNECTING : IDLE;
  }

  configure(options: { static: { address: string; mask: string; gateway: string } }): void {
    this.fixed = options.static.address;
  }

  connect(): void {
    if (this.hasAsked) throw new Error("already connecting");
    this.hasAsked = true;
  }

  /** The driver takes an address by itself. */
  private plug(): void {
    this.hasLink = true;
    this.leased = LINK_LOCAL;
    this.onChanged?.("connection");
    Timer.set(() => {
      if (!this.hasLink) return;
      this.leased = ADDRESS;
      this.onChanged?.("connection");
      this.onChanged?.("address");
    }, ANSWER_MS);
  }

  /** The system keeps the address for some minutes. */
  private unplug(): void {
    this.hasLink = this.hasAsked = false;
    this.onChanged?.("connection");
  }
}

export default Ethernet;
