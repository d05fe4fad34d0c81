/** A device that is set up over its serial line. It runs the state machine of the boards, with a simulated network and broker. */
import { SerialSetup, type SetupDevice } from "../../../hosts/moddable/setup/serial-setup.ts";
import type { VisibleNetwork } from "../../../hosts/moddable/setup/visible-network.ts";

/** How long a try takes, in milliseconds. */
const TRY_MS = 5;

export class ScriptedDevice implements SetupDevice {
  readonly info = ["Fieldpager", "0.1.0", "m5stack", "pager-aabbcc"] as const;
  readonly page = "";
  readonly kept: Record<string, string> = {};
  /** The settings that it tried, in order. */
  readonly tries: Readonly<Record<string, string>>[] = [];
  networks: readonly VisibleNetwork[] = [
    { ssid: "lab", signal: -52, isOpen: false },
    { ssid: "a", signal: -7, isOpen: false },
    { ssid: "guest", signal: -80, isOpen: true },
  ];
  scanFails = false;
  readonly setup: SerialSetup;

  constructor(send: (bytes: Uint8Array) => void, nowMs: () => number = () => Date.now()) {
    this.setup = new SerialSetup(this, nowMs, send);
  }

  get hasNetwork(): boolean {
    return this.kept["wifi.ssid"] !== undefined;
  }

  scan(done: (networks: readonly VisibleNetwork[]) => void): void {
    if (this.scanFails) throw new Error("scan failed");
    setTimeout(() => done(this.networks), TRY_MS);
  }

  /** The network "lab" has the password "secret 1". Every broker answers, except the host "gone". */
  tryOut(settings: Readonly<Record<string, string>>, done: (problem: string | undefined) => void): void {
    this.tries.push(settings);
    const all = { ...this.kept, ...settings };
    setTimeout(() => {
      if (all["wifi.ssid"] !== "lab" || all["wifi.password"] !== "secret 1") done("Wi-Fi: refused");
      else if (all["broker.host"] === "gone") done("gone has no address");
      else {
        Object.assign(this.kept, settings);
        done(undefined);
      }
    }, TRY_MS);
  }
}
