/**
 * The pager while it runs: what its runner asks of the board, and what the board tells it. Whatever the SDK calls back runs under a guard.
 * A class keeps its functions in flash. The functions of an object literal would be copied to the heap.
 */
import type { Gateway } from "../../src/gateway/gateway.ts";
import type { Light } from "../../src/gateway/screen-light.ts";
import type { Values } from "../../src/gateway/setting.ts";
import type { BrokerSettings } from "../../src/gateway/settings.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { DrawList } from "../../src/pager/screen/draw-list.ts";
import type { Gesture } from "../../src/pager/screen/gesture.ts";
import { type Platform, Runner, type Transport, type TransportHandlers } from "../runner.ts";
import type { Board, Pager } from "./board.ts";
import { MonotonicClock, OneTimer } from "./clock.ts";
import type { Display } from "./display.ts";
import type { Guard, GuardHandlers } from "./guard.ts";
import type { Network } from "./transport.ts";

/** How often `stop` checks whether the goodbye has been sent, in milliseconds. */
const STOP_POLL_MS = 20;

/** How long after an exception inside the pager it goes on, in milliseconds. The wait doubles where it fails again soon. */
const RECOVER_MS = 1_000;
const RECOVER_MAX_MS = 60_000;

/** An exception so long after the former one is a new fault, in milliseconds. */
const CALM_MS = 600_000;

export class RunningPager implements Platform, Pager, GuardHandlers {
  private readonly board: Board;
  private readonly display: Display;
  private readonly network: Network;
  private readonly restartBoard: () => void;
  private readonly handleGood: () => void;
  private readonly runner: Runner;
  private readonly clock = new MonotonicClock();
  /** After an exception under it the pager goes on with a new connection. */
  readonly guard: Guard;
  private readonly screenGuard: Guard;
  private readonly alertGuard: Guard;
  private readonly sendGuard: Guard;
  private readonly timer: OneTimer;
  private readonly recovery: OneTimer;
  private readonly restartTimer: OneTimer;
  private failedMs = Number.NEGATIVE_INFINITY;
  private recoverMs = RECOVER_MS;

  /** @param handleGood is called before the device sleeps: it has not ended early */
  constructor(
    board: Board,
    display: Display,
    network: Network,
    gateway: Gateway,
    restartBoard: () => void,
    handleGood: () => void,
  ) {
    this.board = board;
    this.display = display;
    this.network = network;
    this.restartBoard = restartBoard;
    this.handleGood = handleGood;
    const { guards } = board;
    guards.onFailure = () => gateway.handleHostFailure();
    guards.onLine = (line) => gateway.handleHostLine(line);
    this.guard = guards.of("pager", this);
    this.screenGuard = guards.of("screen");
    this.alertGuard = guards.of("alert");
    this.sendGuard = guards.of("message");
    this.timer = new OneTimer(this.guard);
    this.recovery = new OneTimer(this.guard);
    this.restartTimer = new OneTimer(guards.of("restart"));
    display.usePictures(gateway.pictures);
    this.runner = new Runner(gateway, this);
  }

  /** Starts to listen to the buttons, and to connect. @param own the settings that the board reads */
  begin(delayMs: number, own: Values): void {
    const begin = () => {
      this.board.guards.of("start").run(() => this.board.start(this, own));
      this.goOn();
    };
    if (delayMs === 0) begin();
    else this.timer.set(delayMs, begin);
  }

  /** Connects. It is also called after `stop`. */
  goOn(): void {
    this.guard.run(() => this.runner.start());
  }

  /** After an exception the state of the pager is doubtful. It goes on with a new connection. */
  handleFailure(): void {
    const nowMs = this.nowMs();
    this.recoverMs = nowMs - this.failedMs > CALM_MS ? RECOVER_MS : Math.min(2 * this.recoverMs, RECOVER_MAX_MS);
    this.failedMs = nowMs;
    this.runner.abandon();
    this.recovery.set(this.recoverMs, () => this.runner.recover());
  }

  /** Only a restart can help any more. */
  handleBroken(error: unknown): void {
    throw error;
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  setTimer(delayMs: number | undefined, callback: () => void): void {
    this.timer.set(delayMs, callback);
  }

  openTransport(broker: BrokerSettings, handlers: TransportHandlers): Transport {
    return this.network.openTransport(broker, guarded(handlers, this.guard));
  }

  paint(drawList: DrawList): boolean {
    return this.screenGuard.run(() => {
      this.display.paint(drawList);
      this.board.handlePicture?.();
    });
  }

  light(light: Light): void {
    this.screenGuard.run(() => this.board.setLight?.(light));
  }

  alert(priority: number, melody: string | undefined): void {
    this.alertGuard.run(() => this.board.alert(priority, melody));
  }

  restart(): void {
    this.restartTimer.set(0, () => this.stop(this.restartBoard));
  }

  sleep(durationMs: number): void {
    this.restartTimer.set(0, () => {
      this.handleGood();
      this.stop(() => this.board.sleep?.(durationMs));
    });
  }

  log(line: string): void {
    this.board.log(line);
  }

  press(button: Button): void {
    this.guard.run(() => this.runner.press(button));
  }

  touch(gesture: Gesture): void {
    this.guard.run(() => this.runner.touch(gesture));
  }

  networkChanged(name?: string): void {
    this.guard.run(() => this.runner.networkChanged(name));
  }

  networkLost(what: string, why: string): void {
    this.guard.run(() => this.runner.networkLost(what, why));
  }

  sensed(): void {
    this.guard.run(() => this.runner.sensed());
  }

  send(to: string, text: string): void {
    this.sendGuard.run(() => this.runner.send(to, text));
  }

  timeChanged(): void {
    this.guard.run(() => {
      this.network.handleTimeChanged();
      this.runner.networkChanged();
    });
  }

  stop(done: () => void): void {
    this.guard.run(() => this.runner.stop());
    const poll = () => (this.network.idle ? done() : this.timer.set(STOP_POLL_MS, poll));
    poll();
  }
}

/** The handlers of a connection under a guard. Bytes come from deep in the stack, so each catches itself. */
function guarded({ onPhase, onConnected, onBytes, onClosed }: TransportHandlers, guard: Guard): TransportHandlers {
  return {
    onPhase: (phase) => guard.run(() => onPhase?.(phase)),
    onConnected: () => guard.run(onConnected),
    onBytes: (bytes) => {
      try {
        onBytes(bytes);
        guard.pass();
      } catch (error) {
        guard.fail(error);
      }
    },
    onClosed: (reason, isRefusal) => guard.run(() => onClosed(reason, isRefusal)),
  };
}
