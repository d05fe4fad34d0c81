/** How a device comes to set-up: a button that is held at the start, or settings with which it cannot start. */
import type { QrCode, Store } from "../../../src/seams.ts";
import type { Board } from "../board.ts";
import { MonotonicClock, OneTimer } from "../clock.ts";
import type { DeviceSettings } from "../device-settings.ts";
import { makeQrCode } from "../qr-code.ts";
import { HELD_WORDS, type HeldMeaning, isStuck, meaningOf } from "./held-button.ts";
import { type SetupPlace, startSetupMode } from "./setup-mode.ts";
import { wifiQrText } from "./wifi-qr-text.ts";

/** How often a button that is held at the start is looked at, in milliseconds. */
const LOOK_MS = 100;

/** Shows a title with lines, and says them in the log. */
export type Show = (title: string, lines: readonly string[], code?: QrCode) => void;

/** Waits while a button is held that was down at the start. Then it acts by how long that was. */
export function afterHeldButton(board: Board, show: Show, acts: Readonly<Record<HeldMeaning, () => void>>): void {
  const guard = board.guards.of("held button");
  const clock = new MonotonicClock();
  const timer = new OneTimer(guard);
  const isDown = () => {
    let isOneDown = false;
    guard.run(() => {
      isOneDown = board.isButtonDown?.() === true;
    });
    return isOneDown;
  };
  let shown: HeldMeaning | undefined;
  const startMs = clock.nowMs();
  const look = () => {
    const heldMs = clock.nowMs() - startMs;
    const meaning = meaningOf(heldMs);
    if (!isDown() || isStuck(heldMs)) {
      acts[meaning]();
      return;
    }
    if (meaning !== shown) show("Button held", HELD_WORDS[meaning]);
    shown = meaning;
    timer.set(LOOK_MS, look);
  };
  look();
}

/**
 * Begins set-up and shows how it goes on.
 * @param problems why the device cannot start, one sentence each
 * @param restart is called when the device is to start again
 */
export function enterSetUp(
  board: Board,
  device: { readonly settings: DeviceSettings; readonly store: Store },
  problems: readonly string[],
  show: Show,
  restart: () => void,
): void {
  // That a new device has no settings is no fault.
  const { isNew } = device.settings;
  const faults = problems.filter((problem) => !(isNew && problem.endsWith(": missing")));
  try {
    const network = board.openSetupNetwork?.();
    if (!network) {
      show("Cannot start", problems);
      return;
    }
    const tell = (place: SetupPlace | undefined) => {
      if (!place) {
        show("Set-up", ["send a set-up code over the serial line", ...faults]);
        return;
      }
      const { ssid, password, page } = place;
      const lines = [`join the Wi-Fi network ${ssid}`, `with the password ${password}`, `and open ${page}`];
      show("Set-up", [...lines, ...faults], makeQrCode(wifiQrText(ssid, password)));
    };
    startSetupMode(board, network, device, faults, tell, restart);
  } catch (error) {
    show("Cannot be set up", [...problems, String(error)]);
  }
}
