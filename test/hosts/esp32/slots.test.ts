/** Two slots, and the record by which the boot loader chooses one. The power may fail at every write. */
import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { BootRecord, sequenceCrc } from "../../../hosts/esp32/update/boot-record.ts";
import { FlashSlot, sha512By } from "../../../hosts/esp32/update/flash-slot.ts";
import { IMAGE_HEADER_BYTES } from "../../../src/update/image.ts";
import { Updater } from "../../../src/update/updater.ts";
import { installed, programOf, ReleaseKey } from "../../update/images.ts";
import { BLOCK_BYTES, PowerCut, SimulatedFlash, SLOT_BLOCKS } from "./flash.ts";

function newDigest() {
  const hash = createHash("sha512");
  return {
    write: (bytes: ArrayBuffer) => void hash.update(new Uint8Array(bytes)),
    close: () => Uint8Array.from(hash.digest()).buffer as ArrayBuffer,
  };
}

const sha512 = sha512By(newDigest);
const key = new ReleaseKey();
const oldProgram = programOf(10_000);
const newProgram = programOf(SLOT_BLOCKS * BLOCK_BYTES - 1, 7);
const image = key.image(newProgram, [1, 3, 0]);

let flash: SimulatedFlash;
let recordAt: () => BootRecord;
beforeEach(() => {
  flash = new SimulatedFlash();
  flash.slots[0].bytes.set(oldProgram);
  recordAt = () => new BootRecord(flash.record);
});

/** Which whole program is in this slot. */
function programIn(slot: 0 | 1): "old" | "new" | "neither" {
  const { bytes } = flash.slots[slot];
  if (oldProgram.every((byte, at) => bytes[at] === byte)) return "old";
  return newProgram.every((byte, at) => bytes[at] === byte) ? "new" : "neither";
}

/** Loads the image into the slot that does not run. Returns why not, or undefined. */
function update(running: 0 | 1, bytes = image): string | undefined {
  const slot = new FlashSlot(flash.slots[running === 0 ? 1 : 0], recordAt(), newDigest);
  const task = { address: { isSecure: false, host: "x", port: 80, path: "/" }, mayBeOlder: true };
  const updater = new Updater(task, installed(key), slot, sha512);
  updater.start(0);
  updater.handleConnected(0);
  const head = `HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  updater.handleBytes(Uint8Array.of(...Buffer.from(head), ...bytes), 0);
  for (let event = updater.pollEvent(); event; event = updater.pollEvent()) {
    if (event.type === "failed" && flash.power.changes === flash.power.cutAt) throw new PowerCut();
    if (event.type === "failed") return event.reason;
    if (event.type === "loaded") {
      slot.activate();
      return undefined;
    }
  }
  throw new Error("it has not ended");
}

describe("the record of the boot loader", () => {
  it("has ESP-IDF's checksum", () => {
    // Made with otatool.py's binascii.crc32(struct.pack('<I', n), 0xffffffff).
    expect([1, 2, 3, 0x12345678].map(sequenceCrc)).toEqual([0x4743989a, 0x55f63774, 0xed4a5011, 0x71d6a731]);
  });

  it("starts the new program on trial, and then the old one if the new one is not confirmed", () => {
    expect(flash.boot()).toBe(0);
    expect(recordAt().isOnTrial).toBe(false);
    expect(update(0)).toBeUndefined();
    expect(flash.boot()).toBe(1);
    expect(recordAt().isOnTrial).toBe(true);
    expect(flash.boot()).toBe(0);
    expect(recordAt().isOnTrial).toBe(false);
    expect([programIn(0), programIn(1)]).toEqual(["old", "new"]);
  });

  it("keeps a confirmed program, and alternates between the slots over many good and bad updates", () => {
    let running = flash.boot();
    for (let number = 0; number < 12; number += 1) {
      expect(update(running)).toBeUndefined();
      const trial = flash.boot();
      expect(trial).toBe(1 - running);
      const isGood = number % 3 !== 1;
      if (isGood) {
        recordAt().confirm();
        recordAt().confirm();
        running = trial;
      }
      for (let start = 0; start < 3; start += 1) expect(flash.boot()).toBe(running);
      expect(recordAt().isOnTrial).toBe(false);
    }
  });

  it("may be erased before the boot loader has written it", () => {
    expect(update(0)).toBeUndefined();
    expect(flash.boot()).toBe(1);
    expect(flash.boot()).toBe(0);
  });
});

describe("an update", () => {
  it("is refused, and nothing changes, if the program is not the signed one", () => {
    flash.boot();
    for (const at of [IMAGE_HEADER_BYTES, image.length - 1]) {
      const damaged = image.slice();
      damaged[at] = (damaged[at] as number) ^ 1;
      expect(update(0, damaged)).toBe("the program in the image is not the one that was signed");
      expect(flash.boot()).toBe(0);
      expect(recordAt().isOnTrial).toBe(false);
    }
  });

  it("that is refused for its header erases nothing", () => {
    flash.boot();
    const before = flash.power.changes;
    expect(update(0, new ReleaseKey().image(newProgram, [1, 3, 0]))).toMatch(/not signed/);
    expect(update(0, key.image(newProgram, [1, 3, 0], "esp32c3"))).toMatch(/for esp32c3/);
    expect(flash.power.changes).toBe(before);
  });

  it("leaves the old or the new program when the power fails at any write, and can be repeated", () => {
    /** A whole update, from the first start to the confirmation. */
    const story = () => {
      expect(update(flash.boot())).toBeUndefined();
      if (flash.boot() === 1) recordAt().confirm();
    };
    story();
    const changes = flash.power.changes;
    expect(changes).toBeGreaterThan(2 * SLOT_BLOCKS);
    const outcomes = new Set<string>();
    for (let cut = 2; cut < 2 * changes + 2; cut += 1) {
      const cutAt = cut >> 1;
      flash = new SimulatedFlash();
      flash.slots[0].bytes.set(oldProgram);
      flash.power.cutAt = cutAt;
      flash.power.part = cut % 2 === 0 ? 0 : 0.5;
      expect(story, `cut at change ${cutAt}`).toThrow(PowerCut);
      const running = flash.boot();
      const program = programIn(running);
      expect(["old", "new"], `cut at change ${cutAt}`).toContain(program);
      // A program on trial that is not confirmed gives way to the old one.
      const isOnTrial = recordAt().isOnTrial;
      outcomes.add(isOnTrial ? `${program} on trial` : program);
      if (isOnTrial) expect(programIn(flash.boot())).toBe("old");
      const again = flash.boot();
      expect(update(again)).toBeUndefined();
      expect(programIn(flash.boot())).toBe("new");
      recordAt().confirm();
      expect(programIn(flash.boot())).toBe("new");
    }
    expect([...outcomes].sort()).toEqual(["new on trial", "old"]);
  });
});
