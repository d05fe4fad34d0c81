import { describe, expect, it } from "vitest";
import { DeviceSettings } from "../../../hosts/moddable/device-settings.ts";
import { encodeCopy, KeptSettings } from "../../../src/gateway/kept-settings.ts";
import type { SettingTable, Values } from "../../../src/gateway/setting.ts";
import { encodeUtf8 } from "../../../src/utf8.ts";
import { ofVersion } from "../../kept-copies.ts";
import { MemoryStore } from "../../memory-store.ts";
import { keyPem, makeIdentity } from "../../x509-maker.ts";

const CA = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
const KEY = keyPem(makeIdentity({ name: "device" }));

const OWN: SettingTable = { "wifi.ssid": { kind: "text", default: "", bytesMax: 4, isRequired: true } };

/** Checks the settings of a device: the given ones, the kept ones, its uid, and changes by commands. */
function check(
  given: Values,
  kept: Values | Uint8Array = {},
  {
    uid,
    store = new MemoryStore(),
    own = {},
    canBeSetUp = false,
  }: { uid?: string; store?: MemoryStore; own?: SettingTable; canBeSetUp?: boolean } = {},
) {
  const flash = new MemoryStore();
  if (kept instanceof Uint8Array) flash.write("settings-a", kept);
  else if (Object.keys(kept).length > 0) new KeptSettings(flash).write(kept);
  const board = {
    givenSettings: () => given,
    openSettings: () => new KeptSettings(flash),
    ownSettings: own,
    defaultUid: () => uid,
    ...(canBeSetUp && { openSetupNetwork: () => undefined }),
  };
  return new DeviceSettings(board, store).check();
}

describe("the settings of a device", () => {
  it("that a command has changed take precedence over all others", () => {
    const store = new MemoryStore();
    store.write("settings", encodeUtf8('{"screen.utcOffset":60,"uid":"other"}'));
    const found = check({ "screen.utcOffset": 30 }, { uid: "stored" }, { store });
    expect(found).toMatchObject({ settings: { uid: "stored", screen: { timeZone: "<>-1:00" } } });
  });

  it("that are stored take precedence over built-in ones; other values of the SDK are ignored", () => {
    const builtIn = { uid: "built", "broker.port": "1884", "wifi.ssid": "lab", file: { root: "/" }, sntp: "pool" };
    const found = check(builtIn, { uid: "stored", "wifi.ssid": "hall" }, { uid: "from-mac", own: OWN });
    expect(found).toMatchObject({ settings: { uid: "stored", broker: { port: 1884 } }, own: { "wifi.ssid": "hall" } });
  });

  it("have the board's uid if no other is set", () => {
    expect(check({}, {}, { uid: "from-mac" })).toMatchObject({ settings: { uid: "from-mac" }, own: {} });
    expect(check({})).toHaveProperty("settings.uid");
  });

  it("of a new device that can be set up must name a broker", () => {
    const missing = { errors: ["setting broker.host: missing"] };
    expect(check({}, {}, { canBeSetUp: true })).toEqual(missing);
    expect(check({ "broker.host": "hub" }, {}, { canBeSetUp: true })).toHaveProperty("settings.uid");
    expect(check({}, { uid: "bay-7" }, { canBeSetUp: true })).toHaveProperty("settings.uid");
    expect(check({ "broker.port": "x" }, {}, { canBeSetUp: true })).not.toEqual(missing);
  });

  it.each([
    [{}, "setting broker.ca: missing, a device knows no authorities of its own"],
    [{ "broker.ca": "ca.pem" }, "setting broker.ca: PEM: no -----BEGIN CERTIFICATE----- in it"],
  ])("are refused if %j name no trusted authority, or no PEM", (tls, error) => {
    expect(check({ "broker.transport": "tls" }, tls)).toEqual({ errors: [error] });
  });

  it.each([
    [{ "broker.certificate": CA, "broker.key": CA }, "setting broker.key: expected PEM with a PRIVATE KEY"],
    [{ "broker.certificate": "own.pem", "broker.key": KEY }, "setting broker.certificate: PEM: no"],
    [{ "broker.certificate": CA }, "setting broker.key: missing, certificate and key go together"],
  ])("are refused if %j are not a certificate of the device and its key", (own, error) => {
    const found = check({ "broker.transport": "tls", "broker.ca": CA, ...own });
    expect(found).toEqual({ errors: [expect.stringContaining(error)] });
  });

  it.each([
    [{ "broker.ca": CA }],
    [{ "broker.insecure": "yes" }],
    [{ "broker.ca": CA, "broker.certificate": CA, "broker.key": KEY }],
  ])("may ask for TLS with %j", (tls) => {
    expect(check({ "broker.transport": "tls" }, tls)).toHaveProperty("settings.broker.transport", "tls");
  });

  it("are all named if they are wrong: common ones, unknown ones, the board's own, and a transport that boards lack", () => {
    const kept = { "broker.port": "x", nonsense: 1, "wifi.ssid": "hallway", "broker.transport": "ws" };
    const found = check({}, kept, { own: OWN });
    const names = ("errors" in found ? found.errors : []).map((error: string) => error.split(":")[0]);
    expect(names.sort()).toEqual([
      "setting broker.port",
      "setting broker.transport",
      "setting nonsense",
      "setting wifi.ssid",
    ]);
    expect(check({}, {}, { own: OWN })).toEqual({ errors: ["setting wifi.ssid: missing"] });
  });

  it("are reported as damaged or as those of newer firmware, and the device does not start with others", () => {
    const copy = encodeCopy({ uid: "stored" }, 1);
    expect(check({ uid: "built" }, copy)).toMatchObject({ settings: { uid: "stored" } });
    expect(check({}, copy.subarray(0, -1))).toEqual({ errors: ["the settings in flash are damaged"] });
    expect(check({}, ofVersion(2, copy))).toEqual({ errors: ["the settings in flash are those of newer firmware"] });
  });
});
