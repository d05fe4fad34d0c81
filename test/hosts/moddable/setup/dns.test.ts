import { describe, expect, it } from "vitest";
import { answerDns } from "../../../../hosts/moddable/setup/dns.ts";
import { integerBetween, seededRandom } from "../../../random.ts";

const ADDRESS = [192, 168, 4, 1];
const A = 1;
const AAAA = 28;

/** A query as in RFC 1035, with recursion desired. */
function query(name: string, type = A, { flags = 0x0100, questions = 1, kind = 1 } = {}): Uint8Array {
  const labels = name.split(".").flatMap((label) => [label.length, ...[...label].map((each) => each.charCodeAt(0))]);
  const word = (value: number) => [value >> 8, value & 0xff];
  const head = [0xab, 0xcd, ...word(flags), ...word(questions), 0, 0, 0, 0, 0, 0];
  return Uint8Array.of(...head, ...(name === "" ? [] : labels), 0, ...word(type), ...word(kind));
}

const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("hex");

describe("the DNS server of set-up", () => {
  it("answers every name with the address of the device and a time to live of 0", () => {
    expect(hex(answerDns(query("a.bc"), ADDRESS))).toBe(
      "abcd8500000100010000000001610262630000010001c00c0001000100000000" + "0004c0a80401",
    );
    expect(answerDns(query("connectivitycheck.gstatic.com"), ADDRESS)?.slice(-4)).toEqual(Uint8Array.from(ADDRESS));
    expect(answerDns(query("a.bc", 255), ADDRESS)?.[7]).toBe(1);
    expect(answerDns(query(""), ADDRESS)?.[7]).toBe(1);
  });

  it("has no record for a question of another type or class, so that a phone does not wait", () => {
    for (const other of [query("a.bc", AAAA), query("a.bc", 65), query("a.bc", A, { kind: 3 })]) {
      const answer = answerDns(other, ADDRESS);
      expect([answer?.[2], answer?.[3], answer?.[7]]).toEqual([0x85, 0, 0]);
      expect(answer).toHaveLength(other.length);
    }
  });

  it("answers another kind of query with `not implemented`", () => {
    const answer = answerDns(query("a.bc", A, { flags: 0x2800 }), ADDRESS);
    expect([answer?.[2], answer?.[3], answer?.[7]]).toEqual([0xac, 4, 0]);
  });

  it("ignores what follows the question, such as EDNS", () => {
    const long = Uint8Array.of(...query("a.bc"), 0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0);
    long[11] = 1;
    expect(answerDns(long, ADDRESS)).toEqual(answerDns(query("a.bc"), ADDRESS));
  });

  it("does not answer what is no query: answers, several questions, cut or too long packets, pointers in a name", () => {
    const whole = query("a.bc");
    for (let length = 0; length < whole.length; length += 1)
      expect(answerDns(whole.subarray(0, length), ADDRESS), `${length}`).toBeUndefined();
    expect(answerDns(query("a.bc", A, { flags: 0x8100 }), ADDRESS)).toBeUndefined();
    expect(answerDns(query("a.bc", A, { questions: 2 }), ADDRESS)).toBeUndefined();
    expect(answerDns(query("a.bc", A, { questions: 0 }), ADDRESS)).toBeUndefined();
    const pointer = query("a.bc");
    pointer[12] = 0xc0;
    expect(answerDns(pointer, ADDRESS)).toBeUndefined();
    expect(answerDns(query(Array(127).fill("a").join(".")), ADDRESS)).toBeDefined();
    expect(answerDns(query(Array(130).fill("a").join(".")), ADDRESS)).toBeUndefined();
    const label = "x".repeat(63);
    expect(answerDns(query([label, label, label, "y".repeat(61)].join(".")), ADDRESS)).toBeDefined();
    expect(answerDns(new Uint8Array(513).fill(1), ADDRESS)).toBeUndefined();
  });

  it("throws nothing, whatever the bytes", () => {
    const random = seededRandom(5);
    for (let round = 0; round < 3_000; round += 1) {
      const bytes = round % 2 ? query("a.bc") : new Uint8Array(integerBetween(random, 0, 60));
      for (let change = integerBetween(random, 0, 6); change > 0 && bytes.length > 0; change -= 1)
        bytes[integerBetween(random, 0, bytes.length - 1)] = integerBetween(random, 0, 255);
      const answer = answerDns(bytes, ADDRESS);
      if (answer) expect(answer.length).toBeLessThanOrEqual(bytes.length + 16);
    }
  });
});
