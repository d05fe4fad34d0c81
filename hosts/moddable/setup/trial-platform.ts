import type { Board } from "../board.ts";
import { MonotonicClock, OneTimer } from "../clock.ts";
import type { Guard } from "../guard.ts";
import type { Network } from "../transport.ts";
import type { TrialNetwork, TrialPlatform } from "./trial.ts";

/** What a trial needs of this board. */
export function trialPlatform(board: Board, guard: Guard, connections: Network, network: TrialNetwork): TrialPlatform {
  const clock = new MonotonicClock();
  const [steps, broker] = [new OneTimer(guard), new OneTimer(guard)];
  return {
    nowMs: () => clock.nowMs(),
    setTimer: (delayMs, callback) => steps.set(delayMs, callback),
    setBrokerTimer: (delayMs, callback) => broker.set(delayMs, callback),
    openTransport: (to, handlers) => connections.openTransport(to, handlers),
    network,
    certificateClock: () => board.certificateClock(),
    random: Math.random,
  };
}
