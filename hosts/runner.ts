/**
 * The loop that every host runs around the gateway. First it hands in what has happened. Then it drains what to send,
 * what to report and what to paint, and sets the timer. A host supplies a `Platform` and none of this logic.
 */

import type { GatewayEvent } from "../src/gateway/event-queue.ts";
import type { Gateway } from "../src/gateway/gateway.ts";
import { Opening, type OpeningPhase } from "../src/gateway/opening.ts";
import type { Light } from "../src/gateway/screen-light.ts";
import type { BrokerSettings } from "../src/gateway/settings.ts";
import type { Button } from "../src/pager/screen/buttons.ts";
import type { DrawList } from "../src/pager/screen/draw-list.ts";
import type { Gesture } from "../src/pager/screen/gesture.ts";

/** A connection that is being opened or is open. After `close()` it calls none of its handlers. */
export interface Transport {
  /** Queues bytes to be sent. They are copied before the call returns. */
  write(bytes: Uint8Array): void;
  /** Stops reading. `onBytes` is not called until `resume`. */
  pause(): void;
  /** Reads again. `onBytes` gets the bytes that were held back after this call, never within it. */
  resume(): void;
  /** Begins TLS on this connection. `onConnected` is called again when it stands. A platform without it has no `starttls`. */
  secure?(): void;
  /** Ends the connection. What was written is sent first, as far as the platform can. */
  close(): void;
}

/**
 * A transport calls these, but never before `openTransport` has returned. It calls `onClosed` at most once, and also if
 * the connection was never open.
 */
export interface TransportHandlers {
  /** The next step of opening begins. The runner uses it to limit the time of each step. */
  onPhase?(phase: OpeningPhase): void;
  onConnected(): void;
  /** The bytes are valid during the call. If the transport is paused in it, they are valid until the next call after `resume`. */
  onBytes(bytes: Uint8Array): void;
  /**
   * `isRefusal`: one side does not accept the certificate or the offer of the other. A new attempt within seconds will
   * fail again.
   */
  onClosed(reason: string, isRefusal?: boolean): void;
}

export interface Platform {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Calls back once after `delayMs`. It replaces the former timer. undefined only clears it. */
  setTimer(delayMs: number | undefined, callback: () => void): void;
  /** Begins to open a connection. Errors go to `onClosed` and are never thrown. */
  openTransport(broker: BrokerSettings, handlers: TransportHandlers): Transport;
  /** Returns whether the screen has taken it. */
  paint(drawList: DrawList): boolean;
  /** Sound, light, vibration for a message of this priority, 1 to 5. @param melody the sender's choice, see `tonesOf` */
  alert(priority: number, melody: string | undefined): void;
  /** Sets the light behind the screen. Only a gateway with `hasLight` asks for it. */
  light?(light: Light): void;
  /**
   * Starts the program again as after power-on, with the settings that are stored then. This calls `stop` first, and
   * happens after the call has returned.
   */
  restart(): void;
  /**
   * Sleeps, then starts the program again. A button may end the sleep. This calls `stop` first, and happens after the call has
   * returned. Only a gateway with a sleeper asks for it.
   */
  sleep?(durationMs: number): void;
  /** Writes one line to the log. The line never contains a credential. */
  log(line: string): void;
}

/** What the runner drives: the gateway, or something else that speaks to a broker and has no screen. */
export type Driven = Pick<
  Gateway,
  | "start"
  | "stop"
  | "canReceive"
  | "handleConnected"
  | "handleBytes"
  | "handleClosed"
  | "handleTimeout"
  | "pollTransmit"
  | "pollEvent"
  | "pollTimeout"
> &
  Partial<
    Pick<
      Gateway,
      | "handleSensed"
      | "sendMessage"
      | "handleButton"
      | "handleGesture"
      | "handleNetworkChanged"
      | "handleNetworkLost"
      | "pollScreen"
      | "handlePainted"
      | "handlePaintFailed"
    >
  >;

export class Runner {
  private readonly gateway: Driven;
  private readonly platform: Platform;
  private readonly opening = new Opening();
  private transport: Transport | undefined;
  private running = false;
  private isReading = true;

  constructor(gateway: Driven, platform: Platform) {
    this.gateway = gateway;
    this.platform = platform;
  }

  /** Connects and shows the first screen. */
  start(): void {
    this.running = true;
    this.gateway.start(this.platform.nowMs());
    this.drain();
  }

  /**
   * Says goodbye to the broker (presence offline, DISCONNECT) and closes the connection. Nothing is lost; `start` goes
   * on later.
   */
  stop(): void {
    this.gateway.stop(this.platform.nowMs());
    this.drain();
    this.running = false;
    this.platform.setTimer(undefined, () => {});
    this.closeTransport();
  }

  press(button: Button): void {
    this.gateway.handleButton?.(button, this.platform.nowMs());
    this.drain();
  }

  touch(gesture: Gesture): void {
    this.gateway.handleGesture?.(gesture, this.platform.nowMs());
    this.drain();
  }

  /** A state that is told at once may have changed, or there is a new sensor. */
  sensed(): void {
    this.gateway.handleSensed?.(this.platform.nowMs());
    this.drain();
  }

  /** Writes to a person, a group or another device. The message stays until the broker has it. Throws when it cannot be kept. */
  send(to: string, text: string): void {
    this.gateway.sendMessage?.(to, text, this.platform.nowMs());
    this.drain();
  }

  /** The network is back, or it is another one. The gateway does not wait for the end of the back-off. */
  networkChanged(name?: string): void {
    this.gateway.handleNetworkChanged?.(this.platform.nowMs(), name);
    this.drain();
  }

  /** There is no network. The screen says so. See `Gateway.handleNetworkLost`. */
  networkLost(what: string, why: string): void {
    this.gateway.handleNetworkLost?.({ what, why }, this.platform.nowMs());
    this.drain();
  }

  /** Ends the connection after an exception, when the state of the gateway is doubtful. Nothing happens until `recover`. */
  abandon(): void {
    this.closeTransport();
  }

  /** Goes on after `abandon` with a new connection. */
  recover(): void {
    const nowMs = this.platform.nowMs();
    this.gateway.handleClosed("an error inside the pager", nowMs);
    // The exception may have come before the next attempt was planned.
    this.gateway.handleNetworkChanged?.(nowMs);
    this.drain();
  }

  private open(broker: BrokerSettings): void {
    this.closeTransport();
    let mine: Transport | undefined;
    const alive = () => this.running && mine !== undefined && mine === this.transport;
    mine = this.platform.openTransport(broker, {
      onPhase: (phase) => {
        if (!alive()) return;
        this.opening.enter(phase, broker, this.platform.nowMs());
        this.setWake();
      },
      onConnected: () => {
        if (!alive()) return;
        this.opening.end();
        this.gateway.handleConnected(this.platform.nowMs());
        this.drain();
      },
      onBytes: (bytes) => {
        if (!alive()) return;
        this.gateway.handleBytes(bytes, this.platform.nowMs());
        this.drain();
      },
      onClosed: (reason, isRefusal) => {
        if (!alive()) return;
        this.opening.end();
        this.transport = undefined;
        this.gateway.handleClosed(reason, this.platform.nowMs(), isRefusal);
        this.drain();
      },
    });
    this.transport = mine;
    this.isReading = true;
  }

  /** Closes the connection, if there is one. */
  private closeTransport(): void {
    this.opening.end();
    this.transport?.close();
    this.transport = undefined;
  }

  private drain(): void {
    const gateway = this.gateway;
    let wasNew: boolean;
    do {
      this.transmit();
      for (let event = gateway.pollEvent(); event; event = gateway.pollEvent()) this.handleEvent(event);
      wasNew = this.paintScreen();
    } while (wasNew);
    this.regulate();
    this.setWake();
  }

  /** Pauses the transport while the gateway cannot take more bytes. Then the rest stays with the broker. */
  private regulate(): void {
    const { canReceive } = this.gateway;
    if (canReceive === this.isReading || !this.transport) return;
    this.isReading = canReceive;
    if (canReceive) this.transport.resume();
    else this.transport.pause();
  }

  private setWake(): void {
    const { deadlineMs = Number.POSITIVE_INFINITY } = this.opening;
    const wakeMs = Math.min(this.gateway.pollTimeout() ?? Number.POSITIVE_INFINITY, deadlineMs);
    const delayMs = wakeMs === Number.POSITIVE_INFINITY ? undefined : Math.max(0, wakeMs - this.platform.nowMs());
    this.platform.setTimer(delayMs, () => this.wake());
  }

  private wake(): void {
    const nowMs = this.platform.nowMs();
    const overdue = this.opening.overdue(nowMs);
    if (overdue !== undefined) {
      this.closeTransport();
      this.gateway.handleClosed(overdue, nowMs);
    }
    this.gateway.handleTimeout(nowMs);
    this.drain();
  }

  private transmit(): void {
    for (let bytes = this.gateway.pollTransmit(); bytes; bytes = this.gateway.pollTransmit())
      this.transport?.write(bytes);
  }

  private handleEvent(event: GatewayEvent): void {
    switch (event.type) {
      case "open":
        this.open(event.broker);
        break;
      case "secure":
        this.transmit();
        this.transport?.secure?.();
        break;
      case "close":
        this.closeTransport();
        break;
      case "alert":
        this.platform.alert(event.priority, event.melody);
        break;
      case "light":
        this.platform.light?.(event.light);
        break;
      case "restart":
        this.platform.restart();
        break;
      case "sleep":
        this.platform.sleep?.(event.durationMs);
        break;
      case "log":
        this.platform.log(event.line);
        break;
    }
  }

  /** Paints a screen if there is a new one. Returns whether there was one: something may follow from it. */
  private paintScreen(): boolean {
    const drawList = this.gateway.pollScreen?.(this.platform.nowMs());
    if (!drawList) return false;
    if (this.platform.paint(drawList)) this.gateway.handlePainted?.(this.platform.nowMs());
    else this.gateway.handlePaintFailed?.(this.platform.nowMs());
    return true;
  }
}
