/** The flags of a station beside another broker. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parseStationFlags } from "../../../../hosts/station/cli/station-flags.ts";
import { describeBrokerAddress, parseBrokerAddress } from "../../../../hosts/station/foreign-broker/broker-address.ts";
import { scene } from "../scene.ts";

const VARIABLE = "FIELDPAGER_BROKER_PASSWORD";

function brokerOf(...args: string[]) {
  const flags = parseStationFlags(args);
  return "options" in flags ? flags.options.broker : flags;
}

it.each([
  ["mqtt://broker", { host: "broker", port: 1883, isSecure: false, userName: "", password: "" }, "mqtt://broker:1883"],
  [
    "mqtts://broker/",
    { host: "broker", port: 8883, isSecure: true, userName: "", password: "" },
    "mqtts://broker:8883",
  ],
  [
    "mqtts://a%40b:p%3Aw@[::1]:9",
    { host: "::1", port: 9, isSecure: true, userName: "a@b", password: "p:w" },
    "mqtts://[::1]:9",
  ],
])("%s is the address of a broker, and is shown without its login", (text, address, shown) => {
  expect(parseBrokerAddress(text)).toEqual(address);
  expect(describeBrokerAddress({ ...address })).toBe(shown);
});

it.each([
  "broker",
  "http://broker",
  "mqtt://",
  "mqtt://broker:0",
  "mqtt://broker:70000",
  "mqtt://broker/path",
  "mqtt://b?x=1",
  "mqtt://%zz@b",
])("%s is none", (text) => {
  expect(parseBrokerAddress(text)).toBeUndefined();
  expect(brokerOf("--broker", text)).toEqual({ errors: [expect.stringContaining("flag --broker: expected")] });
});

it("takes the password from a file, else from the environment, else from the address", () => {
  const former = process.env[VARIABLE];
  onTestFinished(() => {
    if (former === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = former;
  });
  const url = ["--broker", "mqtt://me:address@broker"];
  delete process.env[VARIABLE];
  expect(brokerOf(...url)).toMatchObject({ userName: "me", password: "address" });
  process.env[VARIABLE] = "environment";
  expect(brokerOf(...url)).toMatchObject({ password: "environment" });
  const path = join(scene().folder(), "password");
  writeFileSync(path, "file\n");
  expect(brokerOf(...url, "--broker-password-file", path)).toMatchObject({ password: "file" });
});

it("takes further nodes of a cluster as a pager does", () => {
  expect(brokerOf("--broker", "mqtts://me@a", "--broker-fallback", "b, [::1]:9")).toMatchObject({
    host: "a",
    fallback: [
      { host: "b", port: 8883 },
      { host: "::1", port: 9 },
    ],
  });
  for (const wrong of ["", "b,", "me@b", "b/path"])
    expect(brokerOf("--broker", "mqtt://a", "--broker-fallback", wrong), wrong).toEqual({
      errors: ["flag --broker-fallback: expected host or host:port, with commas between them"],
    });
});

it("names what does not go together", () => {
  const missing = join(scene().folder(), "missing");
  expect(brokerOf("--broker", "mqtt://b", "--mqtt-port", "1", "--broker-ca", missing)).toEqual({
    errors: [
      "flag --mqtt-port: is for the station's own broker, and there is none with --broker",
      "flag --broker-ca: goes with mqtts://",
      expect.stringContaining("flag --broker-ca: ENOENT"),
    ],
  });
  expect(brokerOf("--broker-fallback", "b")).toEqual({ errors: ["flag --broker: is missing"] });
  expect(brokerOf("--broker-password-file", missing)).toEqual({ errors: ["flag --broker: is missing"] });
});
