/** The partition tables of the boards. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../../hosts/moddable/tools/command.ts";

const KB = 1024;
const MB = 1024 * KB;
const TABLES = [
  { file: "partitions.csv", flash: 4 * MB },
  { file: "partitions-16mb.csv", flash: 16 * MB },
];

function partitionsOf(file: string) {
  const text = readFileSync(join(ROOT, "hosts", "esp32", file), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name = "", type = "", subtype = "", offset = "", size = ""] = line.split(",").map((field) => field.trim());
      return { name, type, subtype, offset: Number(offset), end: Number(offset) + Number(size), size: Number(size) };
    });
}

describe.each(TABLES)("$file", ({ file, flash }) => {
  const partitions = partitionsOf(file);
  const find = (name: string) => partitions.find((each) => each.name === name);

  it("has partitions that do not overlap, behind the table and within the flash", () => {
    const sorted = [...partitions].sort((a, b) => a.offset - b.offset);
    let end = 0x9000;
    for (const partition of sorted) {
      expect(partition.offset, partition.name).toBeGreaterThanOrEqual(end);
      expect(partition.offset % (4 * KB), partition.name).toBe(0);
      end = partition.end;
    }
    expect(end).toBeLessThanOrEqual(flash);
  });

  it("has two slots of one size for the program, and a partition for the boot record", () => {
    const [first, second] = [find("ota_0"), find("ota_1")];
    expect(first?.size).toBe(second?.size);
    for (const slot of [first, second]) expect((slot?.offset ?? 1) % (64 * KB)).toBe(0);
    expect(find("otadata")).toMatchObject({ type: "data", subtype: "ota", size: 8 * KB });
    expect(partitions.filter(({ type }) => type === "app")).toHaveLength(2);
  });

  it("keeps the program and NVS where they were before there were two slots", () => {
    expect(find("ota_0")?.offset).toBe(0x10000);
    expect(find("nvs")).toMatchObject({ offset: 0x3e0000, size: 128 * KB });
  });
});

it("a larger flash has larger slots", () => {
  const [small, large] = TABLES.map(({ file }) => partitionsOf(file).find(({ name }) => name === "ota_0")?.size ?? 0);
  expect(large).toBe(2 * (small as number));
});
