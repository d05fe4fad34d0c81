import { describe, expect, it } from "vitest";
import { INBOX_RECORDS_MAX, LEFT_OWING_MAX } from "../../src/limits.ts";
import { InboxIndex } from "../../src/pager/inbox-index.ts";
import { seededRandom } from "../random.ts";

const fingerprintOf = (sequence: number) => sequence.toString(16).padStart(16, "0");

describe("the index of the inbox", () => {
  it("keeps the rows in order through removals anywhere", () => {
    const random = seededRandom(7);
    const below = (limit: number) => Math.floor(random() * limit);
    const index = new InboxIndex();
    const rows: { sequence: number; state: number }[] = [];
    for (let sequence = 1; sequence <= 4_000; sequence += 1) {
      if (rows.length === INBOX_RECORDS_MAX + LEFT_OWING_MAX || below(3) === 0)
        for (let count = below(1 + rows.length / 4); count > 0; count -= 1) {
          const row = below(rows.length);
          index.remove(row);
          rows.splice(row, 1);
        }
      index.addLeft(sequence, fingerprintOf(sequence), "pump", sequence % 7);
      rows.push({ sequence, state: sequence % 7 });
      if (sequence % 50 !== 0) continue;
      expect(index.length).toBe(rows.length);
      for (const [row, { sequence: number, state }] of rows.entries()) {
        expect([index.sequence(row), index.state(row), index.fingerprint(row)]).toEqual([
          number,
          state,
          fingerprintOf(number),
        ]);
        expect(index.find(number)).toBe(row);
      }
    }
  });

  it("gives a row nothing of the message that was there before", () => {
    const index = new InboxIndex();
    index.addLeft(1, fingerprintOf(1), "pump", 0xff);
    index.setExpires(0, 1_800_000_000);
    index.remove(0);
    index.addLeft(2, fingerprintOf(2), "fan", 0);
    expect([index.expires(0), index.state(0), index.hasLeft(0)]).toEqual([0, 0, true]);
  });
});
