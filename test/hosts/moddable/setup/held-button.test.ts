import { describe, expect, it } from "vitest";
import { DeviceSettings } from "../../../../hosts/moddable/device-settings.ts";
import { factoryReset, finishReset } from "../../../../hosts/moddable/setup/factory-reset.ts";
import { isStuck, meaningOf } from "../../../../hosts/moddable/setup/held-button.ts";
import { setupPassword } from "../../../../hosts/moddable/setup/setup-password.ts";
import { KeptSettings } from "../../../../src/gateway/kept-settings.ts";
import type { Store } from "../../../../src/seams.ts";
import { MemoryStore } from "../../../memory-store.ts";
import { seededRandom } from "../../../random.ts";
import { PowerCut, PowerCutStore } from "../../../simulation/power-cut-store.ts";

describe("a button that is held at the start", () => {
  it.each([
    [0, "start"],
    [2_999, "start"],
    [3_000, "set up"],
    [9_999, "set up"],
    [10_000, "reset"],
    [29_999, "reset"],
    [30_000, "start"],
  ] as const)("for %i ms means %s when it is released", (heldMs, meaning) => {
    expect(meaningOf(heldMs)).toBe(meaning);
    expect(isStuck(heldMs)).toBe(heldMs >= 30_000);
  });
});

const settingsIn = (flash: Store, records: Store) =>
  new DeviceSettings(
    {
      givenSettings: () => ({}),
      openSettings: () => new KeptSettings(flash),
      ownSettings: {},
      defaultUid: () => undefined,
    },
    records,
  );

describe("a reset", () => {
  it("erases settings and records; after a power cut at any write the next start finishes it", () => {
    for (const chance of [0, 0.9])
      for (let cut = 1; cut <= 12; cut += 1) {
        const flash = new MemoryStore();
        new KeptSettings(flash).write({ uid: "a" });
        new KeptSettings(flash).write({ uid: "b" });
        let records = PowerCutStore.empty(() => chance);
        for (const key of ["inbox", "roster", "setup-password"]) records.write(key, Uint8Array.of(1));
        records.cutAtWrite(cut);
        let isCut = false;
        try {
          factoryReset(records, settingsIn(flash, records));
        } catch (error) {
          expect(error).toBeInstanceOf(PowerCut);
          isCut = true;
        }
        records = records.reborn();
        const hadBegun = !isCut || records.read("reset") !== undefined || records.keys().length === 0;
        finishReset(records, settingsIn(flash, records));
        // Either everything is erased, or nothing.
        expect(records.keys().length, `cut ${cut}`).toBe(hadBegun ? 0 : 3);
        expect(new KeptSettings(flash).read().state).toBe(hadBegun ? "none" : "whole");
      }
  });

  it("does not begin by itself", () => {
    const records = new MemoryStore();
    records.write("inbox", Uint8Array.of(1));
    finishReset(records, settingsIn(new MemoryStore(), records));
    expect(records.keys()).toEqual(["inbox"]);
  });
});

describe("the password of the access point", () => {
  it("is made once for each device, and is a new one each time if the store refuses it", () => {
    const store = new MemoryStore();
    const random = seededRandom(3);
    const password = setupPassword(store, random);
    expect(password).toMatch(/^[2-9a-hjkmnp-z]{12}$/);
    expect(setupPassword(store, random)).toBe(password);
    expect(setupPassword(new MemoryStore(), random)).not.toBe(password);
    const failing = new MemoryStore();
    failing.isFailing = true;
    expect(setupPassword(failing, random)).not.toBe(setupPassword(failing, random));
    expect(setupPassword(new MemoryStore(), () => 0.999999)).toHaveLength(12);
  });
});
