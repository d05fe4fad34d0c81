/**
 * The time limit of each step of opening a connection, and the text to report when a step takes longer. A transport tells which
 * step it is at. The runner of the hosts keeps the time. So every host has the same limits, and a test needs no clock.
 */

import {
  CONNECT_TIMEOUT_MS,
  PAGE_TIMEOUT_MS,
  RESOLVE_TIMEOUT_MS,
  TLS_TIMEOUT_MS,
  UPGRADE_TIMEOUT_MS,
} from "../limits.ts";
import type { BrokerSettings } from "./settings.ts";

/**
 * The steps in their order. Each transport has some of them. `page` is all steps at once: a page in a browser does not learn at
 * which step its WebSocket is.
 */
export type OpeningPhase = "resolve" | "connect" | "tls" | "upgrade" | "page";

interface Limit {
  readonly limitMs: number;
  describe(broker: BrokerSettings): string;
}

const at = ({ host, port }: BrokerSettings) => `${host}:${port}`;

const LIMITS: Readonly<Record<OpeningPhase, Limit>> = Object.freeze({
  resolve: { limitMs: RESOLVE_TIMEOUT_MS, describe: ({ host }) => `no answer from DNS for ${host}` },
  connect: { limitMs: CONNECT_TIMEOUT_MS, describe: (broker) => `no connection to ${at(broker)}` },
  tls: { limitMs: TLS_TIMEOUT_MS, describe: (broker) => `the TLS handshake with ${at(broker)} did not end` },
  upgrade: { limitMs: UPGRADE_TIMEOUT_MS, describe: (broker) => `no WebSocket from ${at(broker)}` },
  page: { limitMs: PAGE_TIMEOUT_MS, describe: (broker) => `no WebSocket to ${at(broker)}` },
});

export class Opening {
  private reason = "";
  private phaseEndMs: number | undefined;

  /** When to ask `overdue`, or undefined. */
  get deadlineMs(): number | undefined {
    return this.phaseEndMs;
  }

  /** The step has begun, so the former one has ended. */
  enter(phase: OpeningPhase, broker: BrokerSettings, nowMs: number): void {
    const { limitMs, describe } = LIMITS[phase];
    this.reason = `${describe(broker)} in ${limitMs / 1000} s`;
    this.phaseEndMs = nowMs + limitMs;
  }

  /** The connection is open, or it was given up. */
  end(): void {
    this.phaseEndMs = undefined;
  }

  /** Why to give the connection up now, or undefined. */
  overdue(nowMs: number): string | undefined {
    return this.phaseEndMs !== undefined && this.phaseEndMs <= nowMs ? this.reason : undefined;
  }
}
