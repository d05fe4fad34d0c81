/** Replaces the driver of the access point. Its address is that of this computer, and its servers have ports that are free. */
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

function open(ssid: string, password: string): string {
  if (ssid.length > 32 || password.length < 8) throw new Error("esp_wifi_set_config failed");
  return "127.0.0.1";
}

export default Object.freeze({
  open,
  httpPort: 0,
  get dnsPort(): number {
    return simulatedBoard().script.dnsPort ?? 0;
  },
});
