/** The network of the boards (`hosts/esp32/wifi.ts`, `ethernet.ts`) with made-up access points, in the simulator's engine. */
import { describe, expect, it } from "vitest";
import type { BoardScript, SimulatedAccessPoint } from "../../../hosts/simulator/esp32/board-script.ts";
import type { Broker } from "../../brokers/broker.ts";
import { type Bench, eventually, useBench } from "./bench.ts";
import { launchBoard, said, says } from "./launched-board.ts";

let bench: Bench;
let broker: Broker;
useBench((...opened) => {
  [bench, broker] = opened;
});

const NETWORKS = { "wifi.password": "secret", "wifi.2.ssid": "hall", "wifi.2.password": "open sesame" };
const LAB: SimulatedAccessPoint = { ssid: "lab", rssi: -60, password: "secret" };
const HALL: SimulatedAccessPoint = { ssid: "hall", rssi: -50, password: "open sesame" };

const launch = (script: BoardScript, settings: object = NETWORKS) =>
  launchBoard(bench, script, {
    "broker.host": "127.0.0.1",
    "broker.port": broker.port,
    "telemetry.interval": 0,
    ...settings,
  });

describe("a board with two networks", () => {
  it("joins the one that is there, and the broker", async () => {
    const simulator = launch({ air: [HALL] });
    await says(simulator, "Wi-Fi: connected as 192.0.2.7");
    await says(simulator, "connected to");
    expect(said(simulator, "not there")).toEqual([]);
  });

  it("goes on to the other one if the password of the strongest is wrong", async () => {
    const simulator = launch({ air: [{ ...HALL, password: "another" }, LAB] });
    await says(simulator, "Wi-Fi: connected as");
  });

  it("says for each why it was not joined, and joins one that appears", async () => {
    const simulator = launch({ air: [{ ...LAB, password: "another" }] });
    await says(simulator, "Wi-Fi: lab: not let in, is the password right?, hall: not there");
    simulator.say(`air ${JSON.stringify([HALL])}`);
    await says(simulator, "Wi-Fi: connected as");
  });

  it("does not join an open access point with the name of one of them", async () => {
    const { password: _, ...open } = LAB;
    const simulator = launch({ air: [open] });
    await says(simulator, "Wi-Fi: lab: not there, hall: not there");
    expect(said(simulator, "connected as")).toEqual([]);
  });

  it("changes to the other one when the first is lost", async () => {
    const simulator = launch({ air: [LAB] });
    await says(simulator, "Wi-Fi: connected as");
    simulator.say(`air ${JSON.stringify([HALL])}`);
    simulator.say("wifi lost");
    await says(simulator, "Wi-Fi: connection lost");
    await eventually(() => expect(said(simulator, "Wi-Fi: connected as")).toHaveLength(2));
  });

  it("goes on to the other one if the first gives no address", { timeout: 90_000 }, async () => {
    const simulator = launch({ air: [{ ...HALL, answer: "no address" }, LAB] });
    await says(simulator, "Wi-Fi: no address", 60_000);
    await says(simulator, "Wi-Fi: connected as");
  });
});

describe("a fixed address", () => {
  const fixed = { "network.address": "10.0.0.7/24", "network.gateway": "10.0.0.1" };

  it("is that of Wi-Fi", async () => {
    await says(launch({}, fixed), "Wi-Fi: connected as 10.0.0.7");
  });

  it("is that of Ethernet", async () => {
    await says(launch({ board: "wt32_eth01" }, fixed), "Ethernet: connected as 10.0.0.7");
  });

  it("is refused if it is no address", async () => {
    const simulator = launch({}, { "network.address": "10.0.0.7" });
    await says(simulator, 'Set-up: setting network.address: "10.0.0.7", expected an IPv4 address with prefix');
  });
});
