import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BTHOME_READINGS_MAX, BTHOME_SILENCE_MS } from "../../src/limits.ts";
import type { Sensor } from "../../src/seams.ts";
import { openCcm } from "../../src/sensor/aes-ccm.ts";
import { bthomeDataOf, decodeBthome } from "../../src/sensor/bthome.ts";
import { BthomeReceiver } from "../../src/sensor/bthome-receiver.ts";
import { ADVERTISEMENT, ENCRYPTED, MEASUREMENTS, STATE_IDS } from "../vectors/bthome.ts";
import { fromHex } from "../vectors/vector.ts";

const ADDRESS = fromHex(ENCRYPTED.address.replaceAll(":", ""));
const KEY = fromHex(ENCRYPTED.key);

function newCipher(key: Uint8Array) {
  return (block: Uint8Array) => {
    const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
    return new Uint8Array(cipher.update(block));
  };
}

/** Service data as a sensor makes it, by Node's own AES-CCM. */
function sealed(plain: Uint8Array, counter: number, information = 0x41): Uint8Array {
  const count = Uint8Array.from([0, 8, 16, 24], (shift) => (counter >>> shift) & 0xff);
  const nonce = Uint8Array.of(...ADDRESS, 0xd2, 0xfc, information, ...count);
  const cipher = createCipheriv("aes-128-ccm", KEY, nonce, { authTagLength: 4 });
  const text = cipher.update(plain);
  cipher.final();
  return Uint8Array.of(information, ...text, ...count, ...cipher.getAuthTag());
}

const advertise = (data: Uint8Array) => Uint8Array.of(2, 1, 6, data.length + 3, 0x16, 0xd2, 0xfc, ...data);

const decode = (hex: string) => decodeBthome(fromHex(`40${hex}`), ADDRESS, undefined);

describe("BTHome", () => {
  it.each(MEASUREMENTS)("%s is %s of %d %s", (hex, name, value, unit) => {
    expect(decode(hex).objects).toEqual([{ name, unit, value, kind: "measurement" }]);
  });

  it("reads each state, off and on", () => {
    const names = new Set<string>();
    for (const id of STATE_IDS)
      for (const value of [0, 1]) {
        const { objects } = decodeBthome(Uint8Array.of(0x40, id, value), ADDRESS, undefined);
        expect(objects).toEqual([{ name: expect.any(String), unit: "", value, kind: "state" }]);
        names.add(objects[0]?.name ?? "");
      }
    expect(names.size).toBe(STATE_IDS.length);
    expect(decode("1a01 2101").objects.map(({ name }) => name)).toEqual(["door", "motion"]);
  });

  it("reads events of buttons and dimmers, and no event if there was none", () => {
    expect(decode("3a00 3a01 3a04 3a80 3c0103 3c0202 3c0000 3a77").objects).toEqual([
      { name: "press", unit: "", value: 1, kind: "event" },
      { name: "long-press", unit: "", value: 1, kind: "event" },
      { name: "hold-press", unit: "", value: 1, kind: "event" },
      { name: "dimmer-left", unit: "", value: 3, kind: "event" },
      { name: "dimmer-right", unit: "", value: 2, kind: "event" },
    ]);
  });

  it("skips text, raw data and information about the device, reads the packet id, and numbers repeated objects", () => {
    const { packetId, objects } = decode(
      "0007 530c48656c6c6f20576f726c6421 540348656c f00100 f100010204 f2000106 0161 0160",
    );
    expect(packetId).toBe(7);
    expect(objects.map(({ name, value }) => [name, value])).toEqual([
      ["battery", 97],
      ["battery-2", 96],
    ]);
  });

  it("reads up to the first object that it does not know", () => {
    expect(decode("0161 ef 0261").objects.map(({ name }) => name)).toEqual(["battery"]);
  });

  it("finds the service data among the other elements of an advertisement, and none in other advertisements", () => {
    const data = bthomeDataOf(fromHex(ADVERTISEMENT)) as Uint8Array;
    expect(decodeBthome(data, ADDRESS, undefined).objects.map(({ value }) => value)).toEqual([25, 50.55]);
    for (const hex of [
      "",
      "0201",
      "020106",
      "0416d2fc",
      "0a16d2fb4002c40903bf13",
      "0a16d2fc4002c409",
      "00",
      "0a09d2fc4002c40903bf13",
    ])
      expect(bthomeDataOf(fromHex(hex)), hex).toBeUndefined();
  });

  it("decrypts the published advertisement, but not with another key, another address, or a changed byte", () => {
    const data = fromHex(ENCRYPTED.data);
    const { counter, objects } = decodeBthome(data, ADDRESS, newCipher(KEY));
    expect(counter).toBe(ENCRYPTED.counter);
    expect(objects.map(({ name, value }) => [name, value])).toEqual([
      ["temperature", 25.06],
      ["humidity", 50.55],
    ]);
    expect(() => decodeBthome(data, ADDRESS, newCipher(KEY.map((byte) => byte ^ 1)))).toThrow("does not open");
    expect(() =>
      decodeBthome(
        data,
        ADDRESS.map((byte) => byte ^ 1),
        newCipher(KEY),
      ),
    ).toThrow("does not open");
    for (let at = 1; at < data.length; at += 1) {
      const changed = data.slice();
      changed[at] = (changed[at] as number) ^ 0x10;
      expect(() => decodeBthome(changed, ADDRESS, newCipher(KEY)), `byte ${at}`).toThrow("does not open");
    }
  });

  it("decrypts data of any length that Node's AES-CCM has encrypted", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 60 }), fc.nat(0xffff_ffff), (plain, counter) => {
        const data = sealed(plain, counter);
        const nonce = Uint8Array.of(...ADDRESS, 0xd2, 0xfc, 0x41, ...data.subarray(-8, -4));
        expect(openCcm(newCipher(KEY), nonce, data.subarray(1, -8), data.subarray(-4))).toEqual(plain);
      }),
    );
  });

  it.each([
    ["", "empty"],
    ["20 0161", "version at byte 0: 1, expected 2"],
    ["41 0161", "there is no key"],
    ["40 02ca", "2 bytes, which are not all there"],
    ["40 02", "2 bytes, which are not all there"],
    ["40 5305 41", "5 bytes, which are not all there"],
  ])("%j is refused", (hex, words) => {
    expect(() => decodeBthome(fromHex(hex), ADDRESS, undefined)).toThrow(words);
  });

  it("refuses data that is not encrypted, or too short to be, if there is a key", () => {
    expect(() => decodeBthome(fromHex("40 0161"), ADDRESS, newCipher(KEY))).toThrow("although there is a key");
    expect(() => decodeBthome(fromHex("41 00112233 782372"), ADDRESS, newCipher(KEY))).toThrow("expected at least 9");
  });

  it("never throws another error, and never reads past the end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const data = bthomeDataOf(advertise(bytes)) ?? bytes;
        try {
          for (const { value } of decodeBthome(data, ADDRESS, undefined).objects)
            expect(Number.isFinite(value)).toBe(true);
        } catch (error) {
          expect(String(error)).toContain("BTHome");
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the devices that advertise", () => {
  function bench(key?: Uint8Array) {
    const lines: string[] = [];
    const clock = { nowMs: 0 };
    const device = { address: ENCRYPTED.address, name: "fridge", key };
    const sensors: Sensor[] = [];
    const receiver = new BthomeReceiver([device], {
      sensors,
      newCipher,
      nowMs: () => clock.nowMs,
      log: (line) => lines.push(line),
    });
    const hear = (data: Uint8Array, address = ENCRYPTED.address) =>
      receiver.handleAdvertisement(address, advertise(data));
    const values = () => Object.fromEntries(sensors.map(({ name, sample }) => [name, sample()]));
    return { lines, clock, sensors, hear, values };
  }
  const plain = (hex: string) => fromHex(`40${hex}`);

  it("become sensors with the device's name when each kind of reading is heard for the first time", () => {
    const { sensors, hear, values } = bench();
    expect(hear(plain("02ca09"))).toBe(true);
    expect(hear(plain("02c409"))).toBe(false);
    expect(hear(plain("02c409 1a00"))).toBe(true);
    expect(hear(plain("1a01"))).toBe(true);
    expect(hear(plain("1a01"))).toBe(false);
    expect(hear(plain("0161"), "00:00:00:00:00:01")).toBe(false);
    expect(values()).toEqual({ "fridge/temperature": 25, "fridge/door": 1 });
    expect(sensors[0]).toMatchObject({ unit: "Cel", deadband: 0.1, carrier: "fridge", isPrompt: false });
    expect(sensors[1]).toMatchObject({ unit: "", deadband: 1, carrier: "fridge", isPrompt: true });
  });

  it("count events once, however often a message is repeated", () => {
    const { hear, values } = bench();
    expect(["0001 3a01", "0001 3a01", "0002 3a01", "0003 3a01"].map((hex) => hear(plain(hex)))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(values()).toEqual({ "fridge/press": 3 });
  });

  it("that encrypt are not believed when an old message comes again, also later", () => {
    const { hear, values, lines } = bench(KEY);
    const first = sealed(fromHex("02ca09"), 7);
    expect(hear(first)).toBe(true);
    hear(sealed(fromHex("02c409"), 8));
    hear(first);
    hear(sealed(fromHex("021027"), 8));
    expect(values()).toEqual({ "fridge/temperature": 25 });
    expect(lines).toEqual([]);
  });

  it("have no value when they were not heard for long", () => {
    const { hear, values, clock } = bench();
    hear(plain("02ca09"));
    clock.nowMs = BTHOME_SILENCE_MS;
    expect(values()).toEqual({ "fridge/temperature": 25.06 });
    clock.nowMs += 1;
    expect(values()).toEqual({ "fridge/temperature": undefined });
  });

  it("that cannot be read are logged once, without the key", () => {
    const { hear, lines } = bench(KEY);
    for (let index = 0; index < 3; index += 1) hear(plain("0161"));
    hear(sealed(fromHex("0161"), 1));
    hear(plain("0161"));
    expect(lines.map((line) => line.slice(0, 20))).toEqual([
      "fridge: BTHome at by",
      "fridge: understood a",
      "fridge: BTHome at by",
    ]);
    expect(lines.join()).not.toContain(ENCRYPTED.key.slice(0, 8));
  });

  it("have as many readings as their limit says", () => {
    const { sensors, hear } = bench();
    hear(plain(Array.from({ length: BTHOME_READINGS_MAX + 2 }, () => "0161").join("")));
    expect(sensors).toHaveLength(BTHOME_READINGS_MAX);
  });
});
