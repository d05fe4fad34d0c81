import { describe, expect, it } from "vitest";
import { deviceSettings } from "../../../hosts/moddable/device-settings.ts";

const CA = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

const board = (stored: Record<string, unknown> = {}, uid?: string) => ({
  readSettings: () => stored,
  ownSettings: ["wifi.ssid"],
  checkOwnSettings: (own: Readonly<Record<string, unknown>>) =>
    own["wifi.ssid"] === "" ? ["setting wifi.ssid: empty"] : [],
  defaultUid: () => uid,
});

describe("the settings of a device", () => {
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

  it("are refused with a certificate of the device, which it would not show", () => {
    const found = deviceSettings(
      { "broker.transport": "tls", "broker.ca": CA, "broker.certificate": CA, "broker.key": CA },
      board(),
    );
    expect(found).toEqual({
      errors: [
        expect.stringContaining("setting broker.certificate: not on this host"),
        expect.stringContaining("setting broker.key: not on this host"),
      ],
    });
  });

  it.each([[{ "broker.ca": CA }], [{ "broker.insecure": "yes" }]])("may ask for TLS with %j", (tls) => {
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
