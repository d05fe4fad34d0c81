import { PINGRESP_TIMEOUT_MS } from "../limits.ts";

/**
 * When to send PINGREQ (3.1.2.10): after one interval without sending, so that the broker keeps us, and after one interval
 * without receiving, so that a half-open connection is found; no ping while both directions are busy. The deadline of
 * PINGRESP counts from the moment the PINGREQ was handed to the host.
 */
export class KeepAlive {
  #intervalMs = 0;
  #sentMs = 0;
  #receivedMs = 0;
  #pingSentMs: number | undefined;

  /** @param keepAliveSeconds what holds on this connection; the broker waits one and a half of it [MQTT-3.1.2-24]; 0: no pings */
  handleConnected(keepAliveSeconds: number, nowMs: number): void {
    this.#intervalMs = keepAliveSeconds * 1000;
    this.#sentMs = nowMs;
    this.#receivedMs = nowMs;
    this.#pingSentMs = undefined;
  }

  handleSent(nowMs: number): void {
    this.#sentMs = nowMs;
  }

  handleReceived(nowMs: number): void {
    this.#receivedMs = nowMs;
  }

  handlePingSent(nowMs: number): void {
    this.#pingSentMs = nowMs;
  }

  handlePingresp(): void {
    this.#pingSentMs = undefined;
  }

  /** When the next ping is due, or, while one is out, when its answer is overdue; undefined: never. */
  get deadlineMs(): number | undefined {
    if (this.#pingSentMs !== undefined) return this.#pingSentMs + PINGRESP_TIMEOUT_MS;
    return this.#intervalMs === 0 ? undefined : Math.min(this.#sentMs, this.#receivedMs) + this.#intervalMs;
  }

  get isAwaitingPingresp(): boolean {
    return this.#pingSentMs !== undefined;
  }
}
