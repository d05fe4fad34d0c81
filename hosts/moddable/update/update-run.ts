import type { BrokerSettings } from "../../../src/gateway/settings.ts";
import { parseImageAddress } from "../../../src/update/address.ts";
import { type ImageSlot, Updater, type UpdaterEvent } from "../../../src/update/updater.ts";
import type { Transport } from "../../runner.ts";
import { MonotonicClock, OneTimer } from "../clock.ts";
import type { Guard } from "../guard.ts";
import type { MaintenanceParts } from "./maintenance.ts";

/** The image that is wanted. */
export interface Wanted {
  readonly url: string;
  readonly version?: string | undefined;
  readonly mayBeOlder: boolean;
}

export interface UpdateHandlers {
  /** The image is in the slot and is what was signed. */
  onLoaded(version: string, slot: ImageSlot): void;
  onFailed(reason: string): void;
}

/** Loads one image, with a screen that tells how far it is. It calls one of its handlers at its end. */
export class UpdateRun {
  private readonly parts: MaintenanceParts;
  private readonly handlers: UpdateHandlers;
  private readonly slot: ImageSlot;
  private readonly updater: Updater;
  private readonly clock = new MonotonicClock();
  private readonly guard: Guard;
  private readonly timer: OneTimer;
  private transport: Transport | undefined;

  /** Throws what the flash throws, and an error for an address that is malformed. */
  constructor(parts: MaintenanceParts, { url, version, mayBeOlder }: Wanted, handlers: UpdateHandlers) {
    const { board, updates } = parts;
    const address = parseImageAddress(url);
    if (!updates || !address)
      throw new Error(updates ? `${url} is no address of an image` : "this board takes no updates");
    this.guard = board.guards.of("update", { handleFailure: () => handlers.onFailed("an error inside the update") });
    this.parts = parts;
    this.handlers = handlers;
    this.timer = new OneTimer(this.guard);
    this.slot = updates.openSlot();
    this.updater = new Updater({ address, version, mayBeOlder }, updates.installed, this.slot, updates.sha512);
  }

  start(): void {
    this.do(() => this.updater.start(this.clock.nowMs()));
  }

  networkChanged(): void {
    this.do(() => this.updater.handleNetworkChanged(this.clock.nowMs()));
  }

  private do(work: () => void): void {
    this.guard.run(() => {
      work();
      this.drain();
    });
  }

  private drain(): void {
    const { updater } = this;
    for (let bytes = updater.pollTransmit(); bytes; bytes = updater.pollTransmit()) this.transport?.write(bytes);
    for (let event = updater.pollEvent(); event; event = updater.pollEvent()) this.handle(event);
    const wakeMs = updater.pollTimeout();
    const delayMs = wakeMs === undefined ? undefined : Math.max(0, wakeMs - this.clock.nowMs());
    this.timer.set(delayMs, () => this.do(() => updater.handleTimeout(this.clock.nowMs())));
  }

  private handle(event: UpdaterEvent): void {
    const { show } = this.parts;
    switch (event.type) {
      case "open":
        this.open(event.address);
        break;
      case "close":
        this.transport?.close();
        this.transport = undefined;
        break;
      case "progress":
        show("Update", [`${event.version}: ${event.percent} %`]);
        break;
      case "lost":
        show("Update", [`${event.reason}; next attempt in ${event.retryMs / 1000} s`]);
        break;
      case "loaded":
        show("Update", [`${event.version} starts`]);
        this.handlers.onLoaded(event.version, this.slot);
        break;
      case "failed":
        show("Update failed", [event.reason]);
        this.handlers.onFailed(event.reason);
    }
  }

  private open({ host, port, isSecure }: { host: string; port: number; isSecure: boolean }): void {
    const { broker, network, board } = this.parts;
    // The server must show a certificate of the broker's authorities. The device shows its own to the broker alone.
    const server: BrokerSettings = {
      ...broker,
      host,
      port,
      transport: isSecure ? "tls" : "tcp",
      serverName: "",
      identity: undefined,
    };
    const { updater, clock } = this;
    const ifMine = (work: () => void) => {
      if (mine === this.transport) this.do(work);
    };
    const mine: Transport = network.openTransport(server, {
      onConnected: () => ifMine(() => updater.handleConnected(clock.nowMs())),
      onBytes: (bytes) => ifMine(() => updater.handleBytes(bytes, clock.nowMs())),
      onClosed: (reason, isRefusal) =>
        ifMine(() => {
          this.transport = undefined;
          // While the clock is not set, every certificate seems to be not valid yet.
          updater.handleClosed(reason, clock.nowMs(), isRefusal && board.wallClock() !== undefined);
        }),
    });
    this.transport = mine;
  }
}
