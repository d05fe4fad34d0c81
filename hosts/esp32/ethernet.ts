import Ethernet from "embedded:network/interface/ethernet";
import type { Values } from "../../src/gateway/setting.ts";
import type { SetupNetwork } from "../moddable/board.ts";
import { ADDRESS_SETTINGS } from "../moddable/board-settings.ts";
import { OneTimer } from "../moddable/clock.ts";
import type { Guards } from "../moddable/guard.ts";
import { isIPv4 } from "../moddable/tls/ip-address.ts";
import type { NetworkKeeper, NetworkPart, NetworkWatcher } from "./board-parts.ts";
import { fixedAddressOf } from "./fixed-address.ts";
import { WiredSetup } from "./wired-setup.ts";

/**
 * How often the address is read, in milliseconds: while there is none, and when there is one. The SDK's driver reports an IPv4
 * address only when there is an IPv6 address too. It never reports that an address is lost.
 */
const LOOK_MS = 1_000;
const LOOK_CONNECTED_MS = 30_000;

/** How long there is no address before the log says so, in milliseconds. */
const ADDRESS_MS = 30_000;

/** What is learned of the network is kept under this name. */
const NAME = "Ethernet";

/** ECMA-419's value of `connection` without a link. The driver says more where it waits for an address. */
const DISCONNECTED = 200;

/** Wired Ethernet, for boards whose manifest includes the SDK's `io/ethernet`. */
export const ethernet = Object.freeze<NetworkPart>({
  settings: ADDRESS_SETTINGS,
  open: (guards) => new EthernetKeeper(guards),
});

/** Takes an address from DHCP whenever there is a link. The system itself asks for one after each change of the link. */
class EthernetKeeper implements NetworkKeeper {
  readonly figures = [];
  private readonly guards: Guards;
  private readonly ethernet: Ethernet;
  /** When the address is read next. */
  private readonly timer: OneTimer;
  private watcher: NetworkWatcher | undefined;
  private looksLeft = ADDRESS_MS / LOOK_MS;
  private address: string | undefined;

  constructor(guards: Guards) {
    this.guards = guards;
    const guard = guards.of("Ethernet", { handleFailure: () => this.lookLater() });
    this.timer = new OneTimer(guard);
    this.ethernet = new Ethernet({ onChanged: () => guard.run(() => this.look()) });
  }

  get mac(): string | undefined {
    return this.ethernet.MAC;
  }

  start(own: Values, watcher: NetworkWatcher): void {
    this.watcher = watcher;
    // The system has asked for an address already. The watcher is told of one that came before.
    this.address = undefined;
    this.lookLater();
    const fixed = fixedAddressOf(own);
    if (fixed) this.ethernet.configure({ static: fixed });
    this.ethernet.connect();
  }

  openSetup(startTime: (own: Values) => void): SetupNetwork {
    return new WiredSetup(this, this.guards, startTime);
  }

  private look(): void {
    this.lookLater();
    const { address, connection } = this.ethernet;
    // Without an IPv4 address the driver returns an IPv6 address that every interface makes for itself.
    if (connection > DISCONNECTED && address !== undefined && isIPv4(address)) this.handleAddress(address);
    else this.handleNone(connection);
  }

  private handleAddress(address: string): void {
    this.timer.set(LOOK_CONNECTED_MS, () => this.look());
    if (address === this.address) return;
    this.guards.tell(`Ethernet: connected as ${address}`);
    this.address = address;
    this.watcher?.handleAddress(NAME);
  }

  private handleNone(connection: number): void {
    const hasLink = connection > DISCONNECTED;
    this.watcher?.handleTrouble(hasLink ? "no address" : "no cable", hasLink ? "the network has given no address" : "");
    if (this.address !== undefined) {
      this.guards.tell(`Ethernet: ${hasLink ? "address" : "link"} lost`);
      this.address = undefined;
      this.looksLeft = ADDRESS_MS / LOOK_MS;
    }
    this.looksLeft -= 1;
    if (this.looksLeft === 0) this.guards.tell("Ethernet: no address");
  }

  private lookLater(): void {
    this.timer.set(LOOK_MS, () => this.look());
  }
}
