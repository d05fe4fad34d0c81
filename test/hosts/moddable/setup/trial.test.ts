import { describe, expect, it } from "vitest";
import { Trial, type TrialNetwork } from "../../../../hosts/moddable/setup/trial.ts";
import type { CertificateTime } from "../../../../hosts/moddable/tls/certificate-time.ts";
import type { Transport, TransportHandlers } from "../../../../hosts/runner.ts";
import { parseSettings, type Settings } from "../../../../src/gateway/settings.ts";
import { VirtualClock } from "../../../simulation/virtual-clock.ts";

const CONNACK_5 = Uint8Array.of(0x20, 3, 0, 0, 0);
const NOT_AUTHORIZED_5 = Uint8Array.of(0x20, 3, 0, 0x87, 0);
const NO_VERSION = Uint8Array.of(0x20, 2, 0, 1);
const CONNACK_3 = Uint8Array.of(0x20, 2, 1, 0);

function settingsOf(raw: Readonly<Record<string, unknown>> = {}): Settings {
  const result = parseSettings({ "broker.host": "broker.example", ...raw });
  if ("errors" in result) throw new Error(result.errors.join());
  return result.settings;
}

/** A device in a trial. The test plays the network and the broker. */
class Bench {
  readonly clock = new VirtualClock();
  readonly steps: string[] = [];
  readonly results: (string | undefined)[] = [];
  readonly sent: Uint8Array[] = [];
  closed = 0;
  left = 0;
  time: CertificateTime | undefined;
  handlers: TransportHandlers | undefined;
  joined: () => void = () => {};
  failed: (reason: string) => void = () => {};

  readonly #timers: (() => void)[] = [];

  start(settings: Settings, isNetworkAlone = false): this {
    const network: TrialNetwork = {
      join: (_own, joined, failed) => {
        this.joined = joined;
        this.failed = failed;
      },
      leave: () => {
        this.left += 1;
      },
    };
    const oneTimer = (at: number) => (delayMs: number | undefined, callback: () => void) => {
      this.#timers[at]?.();
      this.#timers[at] = delayMs === undefined ? () => {} : this.clock.after(delayMs, callback);
    };
    const trial = new Trial(
      {
        network,
        nowMs: () => this.clock.nowMs,
        setTimer: oneTimer(0),
        setBrokerTimer: oneTimer(1),
        certificateClock: () => this.time,
        random: () => 0.5,
        openTransport: (_broker, handlers): Transport => {
          this.handlers = handlers;
          return {
            write: (bytes) => void this.sent.push(bytes.slice()),
            pause: () => {},
            resume: () => {},
            close: () => {
              this.closed += 1;
            },
          };
        },
      },
      (step) => this.steps.push(step),
      (problem) => this.results.push(problem),
    );
    trial.start(settings, {}, isNetworkAlone);
    return this;
  }

  run(ms: number): void {
    this.clock.runUntil(this.clock.nowMs + ms);
  }
}

describe("a trial", () => {
  it("succeeds when the broker accepts the device, and then disconnects without reading messages", () => {
    const bench = new Bench().start(settingsOf());
    bench.joined();
    bench.handlers?.onPhase?.("resolve");
    bench.handlers?.onPhase?.("connect");
    bench.handlers?.onConnected();
    expect(bench.sent[0]?.[0]).toBe(0x10);
    // A message that waits at the broker comes together with CONNACK.
    const message = Uint8Array.of(0x32, 8, 0, 1, 0x74, 0, 7, 0, 0x68, 0x69);
    bench.handlers?.onBytes(Uint8Array.of(...CONNACK_5, ...message));
    bench.run(0);
    expect(bench.results).toEqual([undefined]);
    expect(bench.sent.slice(1).map((bytes) => [...bytes])).toEqual([[0xe0, 0]]);
    expect(bench.closed).toBe(1);
    expect(bench.left).toBe(0);
    expect(bench.steps).toEqual([
      "Joining the network",
      "Looking up the broker's name",
      "Connecting to the broker",
      "Logging in at the broker",
    ]);
    bench.run(600_000);
    expect(bench.results).toEqual([undefined]);
  });

  it("of a network alone is good when that is joined, and asks no broker", () => {
    const bench = new Bench().start(settingsOf(), true);
    bench.joined();
    bench.run(0);
    expect([bench.results, bench.sent, bench.left, bench.steps]).toEqual([[undefined], [], 0, ["Joining the network"]]);
  });

  it("asks the broker to keep what it holds for the device", () => {
    const bench = new Bench().start(settingsOf({ "broker.protocol": "3.1.1" }));
    bench.joined();
    bench.handlers?.onConnected();
    // No clean session [MQTT-3.1.2-4].
    expect((bench.sent[0]?.[9] ?? 0) & 2).toBe(0);
    bench.handlers?.onBytes(CONNACK_3);
    bench.run(0);
    expect(bench.results).toEqual([undefined]);
  });

  it("fails with the reason of the broker, and leaves the network", () => {
    const bench = new Bench().start(settingsOf());
    bench.joined();
    bench.handlers?.onConnected();
    bench.handlers?.onBytes(NOT_AUTHORIZED_5);
    bench.run(0);
    expect(bench.results).toEqual([expect.stringContaining("not authorised")]);
    expect(bench.left).toBe(1);
    bench.run(600_000);
    expect(bench.results).toHaveLength(1);
  });

  it("tries the older version if the broker does not speak the new one", () => {
    const bench = new Bench().start(settingsOf());
    bench.joined();
    bench.handlers?.onConnected();
    bench.handlers?.onBytes(NO_VERSION);
    bench.run(1);
    expect(bench.results).toEqual([]);
    bench.handlers?.onConnected();
    bench.handlers?.onBytes(CONNACK_3);
    bench.run(0);
    expect(bench.results).toEqual([undefined]);
  });

  it.each([
    [() => {}, "the network gives no answer"],
    [(bench: Bench) => bench.failed("is the password right?"), "is the password right?"],
    [
      (bench: Bench) => {
        bench.joined();
        bench.handlers?.onClosed("no connection to 10.0.0.5");
      },
      "no connection to 10.0.0.5",
    ],
    [
      (bench: Bench) => {
        bench.joined();
        bench.handlers?.onPhase?.("connect");
      },
      "no connection to broker.example:1883 in 10 s",
    ],
    [
      (bench: Bench) => {
        bench.joined();
        bench.handlers?.onConnected();
      },
      "no open connection after 40 s",
    ],
  ])("ends in time, whichever step stays silent (%#)", (play, reason) => {
    const bench = new Bench().start(settingsOf());
    play(bench);
    bench.run(300_000);
    expect(bench.results).toEqual([expect.stringContaining(reason)]);
    // Events after the end change nothing.
    bench.joined();
    bench.failed("late");
    bench.run(300_000);
    expect(bench.results).toHaveLength(1);
  });

  it("waits for the time only if certificates are checked", () => {
    const tls = { "broker.transport": "tls", "broker.ca": "x" };
    const bench = new Bench().start(settingsOf(tls));
    bench.joined();
    bench.run(5_000);
    expect(bench.handlers).toBeUndefined();
    bench.time = { kind: "known", seconds: 1 };
    bench.run(1_000);
    expect(bench.handlers).toBeDefined();
    expect(bench.steps).toContain("Asking for the time");

    const late = new Bench().start(settingsOf(tls));
    late.joined();
    late.run(100_000);
    expect(late.results).toEqual(["the time is not known, and without it no certificate can be checked"]);

    const insecure = new Bench().start(settingsOf({ "broker.transport": "tls", "broker.insecure": "yes" }));
    insecure.joined();
    expect(insecure.handlers).toBeDefined();
  });
});
