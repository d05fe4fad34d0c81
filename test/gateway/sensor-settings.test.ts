import { describe, expect, it } from "vitest";
import { parseBthomeDevices, parseInputs, parsePinPair } from "../../src/gateway/sensor-settings.ts";
import { BTHOME_DEVICES_MAX } from "../../src/limits.ts";

const KEY = "231d39c1d7cc1ab1aee224cd096db932";

function inputs(text: string, pages = "") {
  const problems: string[] = [];
  return { found: parseInputs(text, pages, problems), problems };
}

function devices(text: string, keys = "") {
  const problems: string[] = [];
  return { found: parseBthomeDevices(text, keys, problems), problems };
}

describe("the inputs of the settings", () => {
  it("can be contacts, levels and voltages; a contact can page somebody", () => {
    const { found, problems } = inputs(
      "door=26:contact, pump=27:level, tank=34:analog:-10:100.5:l",
      "door=night-shift",
    );
    expect(problems).toEqual([]);
    expect(found).toEqual([
      { name: "door", pin: 26, kind: "contact", low: 0, high: 1, unit: "", pageTo: "night-shift" },
      { name: "pump", pin: 27, kind: "level", low: 0, high: 1, unit: "", pageTo: undefined },
      { name: "tank", pin: 34, kind: "analog", low: -10, high: 100.5, unit: "l", pageTo: undefined },
    ]);
    expect(inputs("")).toEqual({ found: [], problems: [] });
  });

  it.each([
    ["door", "", 'inputs: "door"'],
    ["door=26", "", 'inputs: "door=26"'],
    ["door=x:contact", "", "expected for example door=26:contact"],
    ["door=64:contact", "", "expected for example"],
    ["door=-1:contact", "", "expected for example"],
    ["door=1.5:contact", "", "expected for example"],
    ["door=:contact", "", "expected for example"],
    ["do or=1:contact", "", "expected for example"],
    ["=1:contact", "", "expected for example"],
    ["door=1:switch", "", "expected for example"],
    ["tank=1:analog", "", "expected for example"],
    ["tank=1:analog:0:x", "", "expected for example"],
    ["a=1:level,a=2:level", "", "each name and each pin once"],
    ["a=1:level,b=1:level", "", "each name and each pin once"],
    ["a=1:level", "a=bob", 'input.pages: "a", expected the name of a contact'],
    ["a=1:contact", "b=bob", 'input.pages: "b"'],
    ["a=1:contact", "a=x/y", 'input.pages: "x/y"'],
    ["a=1:contact", "a", 'input.pages: ""'],
  ])("%j with pages %j are refused", (text, pages, words) => {
    expect(inputs(text, pages).problems.join("\n")).toContain(words);
  });
});

describe("the pins of a bus", () => {
  it("are two, or none", () => {
    const problems: string[] = [];
    expect([parsePinPair("sht3x", "21:22", problems), parsePinPair("sht3x", "", problems)]).toEqual([
      [21, 22],
      undefined,
    ]);
    expect(problems).toEqual([]);
  });

  it.each(["21", "21:", ":22", "21:21", "21:22:23", "a:b", "21:64"])("%j are refused", (text) => {
    const problems: string[] = [];
    expect(parsePinPair("sht3x", text, problems)).toBeUndefined();
    expect(problems).toEqual([expect.stringContaining(`setting sht3x: "${text}", expected two pins`)]);
  });
});

describe("the devices of the settings that advertise", () => {
  it("have an address and a name, and may have a key", () => {
    const { found, problems } = devices(
      "A4:C1:38:8D:18:B2=fridge, 54:48:e6:8f:80:a5=door-2",
      `door-2=${KEY.toUpperCase()}`,
    );
    expect(problems).toEqual([]);
    expect(found.map(({ address, name }) => [address, name])).toEqual([
      ["a4:c1:38:8d:18:b2", "fridge"],
      ["54:48:e6:8f:80:a5", "door-2"],
    ]);
    expect(found.map(({ key }) => key && Buffer.from(key).toString("hex"))).toEqual([undefined, KEY]);
  });

  it.each([
    ["fridge", "", 'bthome.devices: "fridge"'],
    ["a4:c1:38:8d:18=fridge", "", "expected for example a4:c1"],
    ["a4:c1:38:8d:18:zz=fridge", "", "expected for example a4:c1"],
    ["a4:c1:38:8d:18:b2=", "", "expected for example a4:c1"],
    ["a4:c1:38:8d:18:b2=a/b", "", "expected for example a4:c1"],
    ["a4:c1:38:8d:18:b2=a,a4:c1:38:8d:18:b2=b", "", "each name and each address once"],
    ["a4:c1:38:8d:18:b2=a", `a=${KEY.slice(1)}`, "a key of 32 hexadecimal digits"],
    ["a4:c1:38:8d:18:b2=a", `b=${KEY}`, "the name of a device of bthome.devices"],
    ["a4:c1:38:8d:18:b2=a", KEY, "the name of a device of bthome.devices"],
  ])("%j with keys %j are refused, and no key is told", (text, keys, words) => {
    const { problems } = devices(text, keys);
    expect(problems.join("\n")).toContain(words);
    expect(problems.join("\n")).not.toContain(KEY.slice(1, 9));
  });

  it("are at most as many as their limit says", () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => `a4:c1:38:8d:18:b${at}=d${at}`).join();
    expect(devices(many(BTHOME_DEVICES_MAX)).problems).toEqual([]);
    expect(devices(many(BTHOME_DEVICES_MAX + 1)).problems).toEqual([expect.stringContaining("expected at most")]);
  });
});
