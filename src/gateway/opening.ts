/**
 * How long each step of opening a connection may take, and what is told when it took longer. A transport tells which step it
 * is at, the runner of the hosts keeps the time: so every host has the same limits, and a test needs no clock.
 */

import {
  CONNECT_TIMEOUT_MS,
  PAGE_TIMEOUT_MS,
  RESOLVE_TIMEOUT_MS,
  TLS_TIMEOUT_MS,
  UPGRADE_TIMEOUT_MS,
} from "../limits.ts";
import type { BrokerSettings } from "./settings.ts";

/** In their order; each transport has some of them. `page`: all at once, since a page is not told where its WebSocket is. */
export type OpeningPhase = "resolve" | "connect" | "tls" | "upgrade" | "page";

interface Limit {
  readonly limitMs: number;
  describe(broker: BrokerSettings): string;
}

const at = ({ host, port }: BrokerSettings) => `${host}:${port}`;

const LIMITS: Readonly<Record<OpeningPhase, Limit>> = Object.freeze({
  resolve: { limitMs: RESOLVE_TIMEOUT_MS, describe: ({ host }) => `no answer from DNS for ${host}` },
  connect: { limitMs: CONNECT_TIMEOUT_MS, describe: (broker) => `no connection to ${at(broker)}` },
  tls: { limitMs: TLS_TIMEOUT_MS, describe: (broker) => `no end of the TLS handshake with ${at(broker)}` },
  upgrade: { limitMs: UPGRADE_TIMEOUT_MS, describe: (broker) => `no WebSocket from ${at(broker)}` },
  page: { limitMs: PAGE_TIMEOUT_MS, describe: (broker) => `no WebSocket to ${at(broker)}` },
});

export class Opening {
  private reason = "";
  private phaseEndMs: number | undefined;

  /** When `overdue` is to be asked, or undefined. */
  get deadlineMs(): number | undefined {
    return this.phaseEndMs;
  }

  /** The step has begun, and with it the former one has ended. */
  enter(phase: OpeningPhase, broker: BrokerSettings, nowMs: number): void {
    const { limitMs, describe } = LIMITS[phase];
    this.reason = `${describe(broker)} in ${limitMs / 1000} s`;
    this.phaseEndMs = nowMs + limitMs;
  }

  /** The connection stands, or was given up. */
  end(): void {
    this.phaseEndMs = undefined;
  }

  /** Why the connection is to be given up now, or undefined. */
  overdue(nowMs: number): string | undefined {
    return this.phaseEndMs !== undefined && this.phaseEndMs <= nowMs ? this.reason : undefined;
  }
}
