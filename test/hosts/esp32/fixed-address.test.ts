import { describe, expect, it } from "vitest";
import { fixedAddressOf } from "../../../hosts/esp32/fixed-address.ts";
import { ADDRESS_SETTINGS } from "../../../hosts/moddable/board-settings.ts";
import { checkSetting } from "../../../src/gateway/setting.ts";

const values = (address: string, gateway = "") => ({ "network.address": address, "network.gateway": gateway });

describe("the fixed address of a board", () => {
  it.each([
    ["10.0.0.7/24", "255.255.255.0"],
    ["10.0.0.7/0", "0.0.0.0"],
    ["10.0.0.7/1", "128.0.0.0"],
    ["10.0.0.7/12", "255.240.0.0"],
    ["10.0.0.7/31", "255.255.255.254"],
    ["10.0.0.7/32", "255.255.255.255"],
  ])("of %s has the mask %s", (address, mask) => {
    expect(fixedAddressOf(values(address))).toEqual({ address: "10.0.0.7", mask, gateway: "0.0.0.0" });
  });

  it("has the gateway of the settings, and there is none if the settings have none", () => {
    expect(fixedAddressOf(values("10.0.0.7/24", "10.0.0.1"))?.gateway).toBe("10.0.0.1");
    expect(fixedAddressOf(values(""))).toBeUndefined();
  });

  const errorsOf = (name: keyof typeof ADDRESS_SETTINGS, value: string) => {
    const errors: string[] = [];
    checkSetting(name, ADDRESS_SETTINGS[name], value, errors);
    return errors;
  };

  it.each(["10.0.0.7/24", "", "255.255.255.255/32", "0.0.0.0/0"])("may be %j", (text) => {
    expect(errorsOf("network.address", text)).toEqual([]);
  });

  it.each(["10.0.0.7", "10.0.0/24", "10.0.0.7/33", "10.0.0.256/24", "10.0.0.7/24/1", "10.0.0.x/24", "10.0.0.7/", "a"])(
    "may not be %j",
    (text) => {
      expect(errorsOf("network.address", text)).toEqual([
        `setting network.address: ${JSON.stringify(text)}, expected an IPv4 address with prefix, such as 10.0.0.7/24`,
      ]);
    },
  );

  it("has a gateway without a prefix length", () => {
    expect(errorsOf("network.gateway", "10.0.0.1")).toEqual([]);
    expect(errorsOf("network.gateway", "10.0.0.1/24")).toHaveLength(1);
  });
});
