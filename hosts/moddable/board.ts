/** What `hosts/esp32` and `hosts/simulator` each supply. Types only. */
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { Sensor, Store, WallClock } from "../../src/seams.ts";

/** Why a board began to run. */
export type ResetCause =
  /** The program itself began again, whether that was wanted or not. */
  | { readonly kind: "program" }
  /** Something that nobody wanted. */
  | { readonly kind: "fault"; readonly words: string }
  /** Power or a button; or nobody knows. */
  | { readonly kind: "other" };

/** What a board may do with the running pager. */
export interface Pager {
  press(button: Button): void;
  networkChanged(): void;
  /** Says goodbye to the broker; `done` is called when it has been sent, or after a while if it could not be. */
  stop(done: () => void): void;
}

export interface Board {
  /** One line for whoever reads what this board writes. */
  log(line: string): void;
  /** Brings up what the board has. Comes first; what it throws is told as the reason why the pager cannot start. */
  open(): void;
  /** Why it began to run, as far as it knows. */
  resetCause(): ResetCause;
  /** The program is about to end by itself, and its last words are on the screen: leaves them there a while. */
  linger(): void;
  /** Opens the store. Throws when the medium cannot be used. */
  openStore(): Store;
  /**
   * The settings kept on this device, by name, as text or numbers; none stored is an empty record. Throws, in words, when
   * what is stored cannot be read.
   */
  readSettings(): Readonly<Record<string, unknown>>;
  /** The uid of a device to which nobody has given one; undefined leaves the general default. */
  defaultUid(): string | undefined;
  /** Names of the settings that the board itself reads; they are not the gateway's. */
  readonly ownSettings: readonly string[];
  /** What is wrong with them, one sentence each. */
  checkOwnSettings(own: Readonly<Record<string, unknown>>): readonly string[];
  readonly sensors: readonly Sensor[];
  readonly wallClock: WallClock;
  /** Sound, light, vibration for a page of this priority, 1 to 5, as the board can. */
  alert(priority: number): void;
  /** Begins again as after power-on. */
  restart(): void;
  /** Begins to listen to buttons and to bring up the network. `own` holds what `ownSettings` names. */
  start(pager: Pager, own: Readonly<Record<string, unknown>>): void;
}
