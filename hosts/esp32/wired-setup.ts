import type { Values } from "../../src/gateway/setting.ts";
import type { SetupNetwork } from "../moddable/board.ts";
import { OneTimer } from "../moddable/clock.ts";
import type { Guards } from "../moddable/guard.ts";
import type { NetworkKeeper, NetworkWatcher } from "./board-parts.ts";

/** How long a trial waits for an address, in milliseconds. A link takes some seconds, and so does a DHCP server. */
const ADDRESS_MS = 20_000;

/** A wired network while a board is set up. It has no access points, and it is never left: there is only one. */
export class WiredSetup implements SetupNetwork, NetworkWatcher {
  private readonly keeper: NetworkKeeper;
  private readonly timer: OneTimer;
  private readonly startTime: (own: Values) => void;
  private isStarted = false;
  private isConnected = false;
  private trouble = "no address";
  private handleJoined = () => {};

  /** @param startTime asks the time servers of these settings */
  constructor(keeper: NetworkKeeper, guards: Guards, startTime: (own: Values) => void) {
    this.keeper = keeper;
    this.timer = new OneTimer(guards.of("Ethernet"));
    this.startTime = startTime;
  }

  join(own: Values, joined: () => void, failed: (reason: string) => void): void {
    this.handleJoined = () => {
      this.timer.set(undefined, () => {});
      joined();
      this.startTime(own);
    };
    this.timer.set(ADDRESS_MS, () => failed(this.trouble));
    if (!this.isStarted) this.keeper.start(own, this);
    else if (this.isConnected) this.handleJoined();
    this.isStarted = true;
  }

  leave(): void {
    this.timer.set(undefined, () => {});
    this.handleJoined = () => {};
  }

  handleAddress(): void {
    this.isConnected = true;
    this.handleJoined();
  }

  handleTrouble(what: string, why: string): void {
    this.isConnected = false;
    this.trouble = why || what;
  }
}
