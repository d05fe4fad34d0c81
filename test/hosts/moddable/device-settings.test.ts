import { describe, expect, it } from "vitest";
import { deviceSettings as readDeviceSettings } from "../../../hosts/moddable/device-settings.ts";
import { encodeUtf8 } from "../../../src/utf8.ts";
import { MemoryStore } from "../../memory-store.ts";
import { keyPem, makeIdentity } from "../../x509-maker.ts";

const CA = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
const KEY = keyPem(makeIdentity({ name: "device" }));

const board = (stored: Record<string, unknown> = {}, uid?: string) => ({
  readSettings: () => stored,
  ownSettings: ["wifi.ssid"],
  checkOwnSettings: (own: Readonly<Record<string, unknown>>) =>
    own["wifi.ssid"] === "" ? ["setting wifi.ssid: empty"] : [],
  defaultUid: () => uid,
});

const deviceSettings = (
  builtIn: Readonly<Record<string, unknown>>,
  of: ReturnType<typeof board>,
  store = new MemoryStore(),
) => readDeviceSettings(builtIn, of, store);

describe("the settings of a device", () => {
  it("are, over all others, those that a command has changed", () => {
    const store = new MemoryStore();
    store.write("settings", encodeUtf8('{"screen.utcOffset":60,"uid":"other"}'));
    const found = deviceSettings({ "screen.utcOffset": 30 }, board({ uid: "stored" }), store);
    expect(found).toMatchObject({ settings: { uid: "stored", screen: { timeZone: "<>-1:00" } } });
  });

  it("are those built in, and over them those stored; what else the SDK keeps there is not ours", () => {
    const builtIn = { uid: "built", "broker.port": "1884", "wifi.ssid": "lab", file: { root: "/" }, sntp: "pool" };
    const found = deviceSettings(builtIn, board({ uid: "stored", "wifi.ssid": "hall" }, "from-mac"));
    expect(found).toMatchObject({ settings: { uid: "stored", broker: { port: 1884 } }, own: { "wifi.ssid": "hall" } });
  });

  it("have the board's uid where nobody gave one", () => {
    expect(deviceSettings({}, board({}, "from-mac"))).toMatchObject({ settings: { uid: "from-mac" }, own: {} });
    expect(deviceSettings({}, board())).toHaveProperty("settings.uid");
  });

  it.each([
    [{}, "setting broker.ca: missing, a device knows no authorities of its own"],
    [{ "broker.ca": "ca.pem" }, "setting broker.ca: PEM: no -----BEGIN CERTIFICATE----- in it"],
  ])("are refused when %j leave nothing to believe, or no PEM", (tls, error) => {
    expect(deviceSettings({ "broker.transport": "tls" }, board(tls))).toEqual({ errors: [error] });
  });

  it.each([
    [{ "broker.certificate": CA, "broker.key": CA }, "setting broker.key: expected PEM with a PRIVATE KEY"],
    [{ "broker.certificate": "own.pem", "broker.key": KEY }, "setting broker.certificate: PEM: no"],
    [{ "broker.certificate": CA }, "setting broker.key: missing, certificate and key go together"],
  ])("are refused where %j are not a certificate of the device and its key", (own, error) => {
    const found = deviceSettings({ "broker.transport": "tls", "broker.ca": CA, ...own }, board());
    expect(found).toEqual({ errors: [expect.stringContaining(error)] });
  });

  it.each([
    [{ "broker.ca": CA }],
    [{ "broker.insecure": "yes" }],
    [{ "broker.ca": CA, "broker.certificate": CA, "broker.key": KEY }],
  ])("may ask for TLS with %j", (tls) => {
    expect(deviceSettings({ "broker.transport": "tls" }, board(tls))).toHaveProperty(
      "settings.broker.transport",
      "tls",
    );
  });

  it("are all named when they are wrong: ours, unknown ones, the board's own, and a transport that boards lack", () => {
    const stored = { "broker.port": "x", nonsense: 1, "wifi.ssid": "", "broker.transport": "ws" };
    const found = deviceSettings({}, board(stored));
    const names = ("errors" in found ? found.errors : []).map((error) => error.split(":")[0]);
    expect(names.sort()).toEqual([
      "setting broker.port",
      "setting broker.transport",
      "setting nonsense",
      "setting wifi.ssid",
    ]);
  });
});
