/** Pushes of senders: what is too long is cut, what no pager takes is left out, and nothing is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fittedBytes, fittedPush } from "../../../../hosts/station/senders/fitted-push.ts";
import { DEVICE_PACKET_BYTES_MAX } from "../../../../hosts/station/shared/limits.ts";

const to = "pager-1";

describe("a fitted push", () => {
  it("has all that was wanted if it fits", () => {
    const wanted = {
      to,
      text: "Pump 3 over temperature",
      title: "Pump house",
      priority: 5,
      delaySeconds: 60,
      collapseKey: "pump-3",
      choices: ["on my way", "cannot"],
      link: "https://example.org/pump/3",
      picture: "https://example.org/pump/3.png",
    };
    expect(fittedPush(wanted)).toEqual(wanted);
  });

  it("cuts a text and a title between characters, with an ellipsis", () => {
    const { text, title } = fittedPush({ to, text: "🌡".repeat(3_000), title: "Wärme ".repeat(50) });
    expect(text).toMatch(/^(?:🌡)+…$/u);
    expect(title?.endsWith("Wärme W…")).toBe(true);
    expect(title?.length).toBe(200);
  });

  it("uses all the room that the packet has", () => {
    const bytes = fittedBytes(fittedPush({ to, text: "ж".repeat(5_000) }));
    expect(bytes).toBeGreaterThan(DEVICE_PACKET_BYTES_MAX - 3);
    expect(bytes).toBeLessThanOrEqual(DEVICE_PACKET_BYTES_MAX);
  });

  it.each([
    ["no text", { to }, { to, text: "triggered" }],
    ["a title alone", { to, title: "Backup" }, { to, text: "Backup" }],
    ["space alone", { to, text: " \n", title: "\0" }, { to, text: "triggered" }],
    ["half a character", { to, text: "a\ud83d b\0" }, { to, text: "a\ufffd b" }],
    ["a priority out of range", { to, text: "x", priority: 9 }, { to, text: "x", priority: 5 }],
    [
      "too many choices, equal ones, empty ones",
      { to, text: "x", choices: ["a", "a", "", "b", "c", "d"] },
      { to, text: "x", choices: ["a", "b", "c"] },
    ],
    [
      "what is no address",
      { to, text: "x", link: "javascript:alert(1)", picture: "file:///etc/passwd" },
      { to, text: "x" },
    ],
    [
      "an address that is too long",
      { to, text: "x", link: `https://example.org/${"a".repeat(1_000)}` },
      { to, text: "x" },
    ],
    [
      "a scheme in capitals",
      { to, text: "x", link: "HTTPS://example.org/A" },
      { to, text: "x", link: "https://example.org/A" },
    ],
  ])("takes %s", (_what, wanted, push) => {
    expect(fittedPush(wanted)).toEqual(push);
  });

  it("replaces a long key by its digest: the same for the same, another for another", () => {
    const key = (text: string) => fittedPush({ to, text: "x", collapseKey: text }).collapseKey;
    expect(key("k".repeat(64))).toBe("k".repeat(64));
    expect(key("k".repeat(72))).toHaveLength(43);
    expect(key("k".repeat(72))).toBe(key("k".repeat(72)));
    expect(key("k".repeat(72))).not.toBe(key("k".repeat(73)));
  });

  it("fits whatever is wanted", () => {
    const text = fc.option(fc.string({ unit: "binary", maxLength: 6_000 }), { nil: undefined });
    const wanted = fc.record({
      text,
      title: text,
      collapseKey: text,
      link: fc.option(fc.webUrl(), { nil: undefined }),
      choices: fc.option(fc.array(fc.string({ unit: "grapheme", maxLength: 80 })), { nil: undefined }),
    });
    fc.assert(
      fc.property(wanted, (each) => {
        const push = fittedPush({ to, ...each });
        expect(push.text.length).toBeGreaterThan(0);
        expect(fittedBytes(push)).toBeLessThanOrEqual(DEVICE_PACKET_BYTES_MAX);
      }),
      { numRuns: 60 },
    );
  });
});
