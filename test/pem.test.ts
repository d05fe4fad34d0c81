import { describe, expect, it } from "vitest";
import { pemBlocks, pemOf } from "../src/pem.ts";

const block = (base64: string, label = "CERTIFICATE") =>
  `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;

describe("PEM", () => {
  it.each(Array.from({ length: 70 }, (_, length) => length + 1))("gives %i bytes back", (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 0xff);
    const base64 = Buffer.from(bytes).toString("base64");
    const lines = base64.replace(/.{64}/g, "$&\n");
    for (const text of [base64, lines, lines.replaceAll("\n", " "), lines.replaceAll("\n", "\r\n")])
      expect(pemBlocks(block(text), "CERTIFICATE")).toEqual([bytes]);
  });

  it.each([1, 2, 3, 47, 48, 49, 300])("writes %i bytes as Node does", (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 91 + length) & 0xff);
    const lines = Buffer.from(bytes)
      .toString("base64")
      .replace(/.{64}(?=.)/g, "$&\n");
    expect(pemOf(bytes, "CERTIFICATE")).toBe(block(lines));
  });

  it("reads every block with the label, whatever stands around it", () => {
    const text = `words ${block("AQ==")}${block("Ag==", "PRIVATE KEY")} and ${block("Aw==")}`;
    expect(pemBlocks(text, "CERTIFICATE")).toEqual([Uint8Array.of(1), Uint8Array.of(3)]);
    expect(pemBlocks(text, "PRIVATE KEY")).toEqual([Uint8Array.of(2)]);
  });

  it.each([
    ["", "PEM: no -----BEGIN CERTIFICATE-----"],
    ["ca.pem", "PEM: no -----BEGIN CERTIFICATE-----"],
    ["-----BEGIN CERTIFICATE-----\nAQ==\n", "PEM: CERTIFICATE 1 has no end"],
    [block(""), "PEM: CERTIFICATE is empty"],
    [block("AQ*="), 'PEM: CERTIFICATE holds "*", expected base64'],
  ])("refuses %j", (text, error) => {
    expect(() => pemBlocks(text, "CERTIFICATE")).toThrow(error);
  });
});
