/**
 * Tries settings before they are kept: joins the network, waits for the time where TLS needs it, and connects to the broker as the
 * pager does. It tells each step.
 */
import { BrokerTrial } from "../../../src/gateway/broker-trial.ts";
import type { OpeningPhase } from "../../../src/gateway/opening.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import type { Settings } from "../../../src/gateway/settings.ts";
import type { Random } from "../../../src/seams.ts";
import { type Platform, Runner } from "../../runner.ts";
import type { CertificateClock } from "../tls/certificate-time.ts";

/** How long joining the network may take until there is an address, in milliseconds. */
const JOIN_MS = 40_000;

/** How long it may take until certificates can be checked, with a time server or without one, in milliseconds. */
const TIME_MS = 40_000;

/** How often the clock is read meanwhile, in milliseconds. */
const TIME_POLL_MS = 250;

/** The network of the device, as far as a trial needs it. */
export interface TrialNetwork {
  /**
   * Joins the network of these settings, and asks its time servers. Calls `joined` when there is an address, or `failed` with the
   * reason. It may call both several times.
   */
  join(own: Values, joined: () => void, failed: (reason: string) => void): void;
  /** Leaves that network. */
  leave(): void;
}

export interface TrialPlatform extends Pick<Platform, "nowMs" | "openTransport"> {
  readonly network: TrialNetwork;
  readonly certificateClock: CertificateClock;
  readonly random: Random;
  /** One timer for the steps, and one for the connection to the broker. */
  readonly setTimer: Platform["setTimer"];
  readonly setBrokerTimer: Platform["setTimer"];
}

/** The steps that a phase of the connection begins. */
const PHASES: Readonly<Partial<Record<OpeningPhase, string>>> = Object.freeze({
  resolve: "Looking up the broker's name",
  connect: "Connecting to the broker",
  tls: "Checking the broker's certificate",
});

export class Trial {
  private readonly platform: TrialPlatform;
  private readonly onStep: (step: string) => void;
  private readonly onDone: (problem: string | undefined) => void;
  private settings: Settings | undefined;
  private endMs = 0;
  private isJoined = false;

  /**
   * @param onStep is told each step, in words
   * @param onDone is called once, with the reason where the settings are not good
   */
  constructor(platform: TrialPlatform, onStep: (step: string) => void, onDone: (problem: string | undefined) => void) {
    this.platform = platform;
    this.onStep = onStep;
    this.onDone = onDone;
  }

  /** @param isNetworkAlone the trial ends when the network is joined */
  start(settings: Settings, own: Values, isNetworkAlone = false): void {
    const { network, setTimer } = this.platform;
    this.settings = settings;
    this.onStep("Joining the network");
    setTimer(JOIN_MS, () => this.finish("the network gives no answer"));
    const joined = () => {
      if (this.isJoined || !this.settings) return;
      this.isJoined = true;
      if (isNetworkAlone) {
        this.finish(undefined);
        return;
      }
      this.endMs = this.platform.nowMs() + TIME_MS;
      if (settings.broker.transport === "tls") this.onStep("Asking for the time");
      this.awaitTime(settings);
    };
    network.join(own, joined, (reason) => this.finish(reason));
  }

  /** The dates of a certificate cannot be checked before. */
  private awaitTime(settings: Settings): void {
    const { platform } = this;
    const { isInsecure, transport } = settings.broker;
    if (transport !== "tls" || isInsecure || platform.certificateClock() !== undefined) this.connect(settings);
    else if (platform.nowMs() >= this.endMs)
      this.finish("the time is not known, and without it no certificate can be checked");
    else platform.setTimer(TIME_POLL_MS, () => this.awaitTime(settings));
  }

  private connect(settings: Settings): void {
    const { platform } = this;
    platform.setTimer(undefined, () => {});
    const trial = new BrokerTrial(settings, platform.random, (problem) => this.finish(problem));
    const runner = new Runner(trial, {
      nowMs: platform.nowMs,
      setTimer: platform.setBrokerTimer,
      openTransport: (broker, handlers) =>
        platform.openTransport(broker, {
          ...handlers,
          onPhase: (phase) => {
            const step = PHASES[phase];
            if (step !== undefined) this.onStep(step);
            handlers.onPhase?.(phase);
          },
          onConnected: () => {
            this.onStep("Logging in at the broker");
            handlers.onConnected();
          },
        }),
      paint: () => true,
      alert: () => {},
      restart: () => {},
      log: () => {},
    });
    runner.start();
  }

  /** Later, because the broker's connection is in the middle of its work. */
  private finish(problem: string | undefined): void {
    if (!this.settings) return;
    this.settings = undefined;
    this.platform.setTimer(0, () => {
      if (problem !== undefined) this.platform.network.leave();
      this.onDone(problem);
    });
  }
}
