/** Which Wi-Fi network a board tries next, and when it changes to a better access point, in virtual time. */
import { describe, expect, it } from "vitest";
import { type HeardNetwork, type KnownNetwork, WifiPlan, type WifiStep } from "../../../hosts/esp32/wifi-plan.ts";

const MINUTE_MS = 60_000;
const LAB: KnownNetwork = { ssid: "lab", password: "secret" };
const HALL: KnownNetwork = { ssid: "hall", password: "secret" };
const GUEST: KnownNetwork = { ssid: "guest", password: "" };

const heard = (ssid: string, rssi: number, more: Partial<HeardNetwork> = {}): HeardNetwork => ({
  ssid,
  rssi,
  bssid: `of ${ssid}`,
  isOpen: ssid === "guest",
  ...more,
});

const plan = (...networks: KnownNetwork[]) => new WifiPlan(networks, () => 1);

const nameOf = (step: WifiStep) => (step.kind === "join" ? step.network.ssid : step.kind);

/** The names of the networks of one round, in their order. */
function round(of: WifiPlan): string[] {
  const names: string[] = [];
  for (let step = of.next(); step.kind === "join"; step = of.next()) {
    names.push(step.network.ssid);
    of.handleFailed();
  }
  return names;
}

describe("a board with one network", () => {
  it("joins it at once, and scans from the second round on", () => {
    const only = plan(LAB);
    expect(nameOf(only.next())).toBe("lab");
    only.handleFailed();
    expect(only.why).toBe("lab: not joined");
    expect(only.next()).toEqual({ kind: "wait", delayMs: 1_000 });
    expect(nameOf(only.next())).toBe("listen");
    only.handleHeard([]);
    expect(round(only)).toEqual(["lab"]);
    expect(only.why).toBe("lab: not there");
  });

  it("says that it was not let in although the network is there, or that there was no address", () => {
    const only = plan(LAB);
    only.handleHeard([heard("lab", -50)]);
    only.next();
    only.handleFailed();
    expect(only.why).toBe("lab: not let in, is the password right?");
    only.handleHeard([heard("lab", -50)]);
    only.next();
    only.handleNoAddress();
    expect(only.why).toBe("lab: gives no address");
    only.handleJoined(0);
    expect(only.why).toBe("");
  });

  it("does not join an open access point with the name of its network", () => {
    const only = plan(LAB);
    only.handleHeard([heard("lab", -50, { isOpen: true })]);
    only.next();
    only.handleFailed();
    expect(only.why).toBe("lab: not there");
  });
});

describe("the wait after a round", () => {
  /** The waits after so many failed rounds, in seconds. */
  function waitsOf(only: WifiPlan, count: number): number[] {
    const waits: number[] = [];
    while (waits.length < count) {
      const step = only.next();
      if (step.kind === "listen") only.handleHeard([]);
      else if (step.kind === "join") only.handleFailed();
      else waits.push(step.delayMs / 1_000);
    }
    return waits;
  }

  it("doubles up to a minute, and starts small again after a connection", () => {
    const only = plan(LAB);
    expect(waitsOf(only, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    only.handleHeard([heard("lab", -50)]);
    only.next();
    only.handleJoined(0);
    only.handleLost();
    expect(waitsOf(only, 2)).toEqual([1, 2]);
  });

  it("is at least half as long after a random choice", () => {
    expect(waitsOf(new WifiPlan([LAB], () => 0), 2)).toEqual([0.5, 1]);
  });
});

describe("a board with several networks", () => {
  it("scans first, and begins with the strongest", () => {
    const several = plan(LAB, HALL, GUEST);
    expect(nameOf(several.next())).toBe("listen");
    several.handleHeard([heard("lab", -80), heard("hall", -60), heard("guest", -70), heard("of others", -30)]);
    expect(round(several)).toEqual(["hall", "guest", "lab"]);
  });

  it("counts the strongest of several access points", () => {
    const several = plan(LAB, HALL);
    several.handleHeard([heard("lab", -85), heard("hall", -70), heard("lab", -45, { bssid: "near" })]);
    expect(round(several)).toEqual(["lab", "hall"]);
  });

  it("keeps the order of the settings for networks of about equal strength; those that were not heard come last", () => {
    const several = plan(GUEST, LAB, HALL);
    several.handleHeard([heard("hall", -62), heard("lab", -64)]);
    expect(round(several)).toEqual(["lab", "hall", "guest"]);
    several.handleHeard(undefined);
    expect(round(several)).toEqual(["guest", "lab", "hall"]);
  });

  it("says for each network why it was not joined", () => {
    const several = plan(LAB, HALL);
    several.handleHeard([heard("hall", -62)]);
    round(several);
    expect(several.why).toBe("hall: not let in, is the password right?, lab: not there");
  });

  it("waits after a loss, and then scans", () => {
    const several = plan(LAB, HALL);
    several.handleHeard([heard("lab", -60)]);
    several.next();
    several.handleJoined(0);
    several.handleLost();
    expect(several.next()).toEqual({ kind: "wait", delayMs: 1_000 });
    expect(nameOf(several.next())).toBe("listen");
  });
});

describe("a weak signal", () => {
  /** A plan with a connection to the first of two networks since time 0. */
  function joined(): WifiPlan {
    const several = plan(LAB, HALL);
    several.handleHeard([heard("lab", -60)]);
    several.next();
    several.handleJoined(0);
    return several;
  }
  const here = { ssid: "lab", bssid: "of lab", rssi: -80 };

  it("makes the board scan if it stays weak, but not soon after the board has joined", () => {
    const several = joined();
    expect(several.handleSignal(-80, 5 * MINUTE_MS)).toBe(false);
    expect(several.handleSignal(-80, 5 * MINUTE_MS + 30_000)).toBe(true);
    const early = joined();
    expect([early.handleSignal(-80, 0), early.handleSignal(-80, 30_000), early.handleSignal(-80, MINUTE_MS)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("is forgotten when one reading is good", () => {
    const several = joined();
    expect([-80, -70, -80].map((rssi, at) => several.handleSignal(rssi, (6 + at) * MINUTE_MS))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("makes the board change to a much stronger access point of its own network or of another", () => {
    for (const better of [heard("lab", -60, { bssid: "near" }), heard("hall", -68)]) {
      const several = joined();
      expect(several.roams([heard("lab", -80), better], here, 6 * MINUTE_MS)).toBe(true);
      expect(nameOf(several.next())).toBe(better.ssid);
    }
  });

  it("keeps the connection if others are not much stronger, not known, or open instead of protected", () => {
    const others = [
      heard("lab", -60),
      heard("hall", -69),
      heard("of others", -40),
      heard("hall", -40, { isOpen: true }),
    ];
    expect(joined().roams(others, here, 6 * MINUTE_MS)).toBe(false);
  });

  it("makes the board scan less and less often if it finds nothing, but at least once an hour", () => {
    const several = joined();
    const times: number[] = [];
    for (let nowMs = 0; nowMs < 6 * 60 * MINUTE_MS; nowMs += 30_000)
      if (several.handleSignal(-80, nowMs)) {
        times.push(nowMs / MINUTE_MS);
        expect(several.roams([heard("lab", -80)], here, nowMs)).toBe(false);
      }
    expect(times).toEqual([5, 10, 20, 40, 80, 140, 200, 260, 320]);
  });
});
