/** The flags of a station that takes mails. */
import { expect, it, vi } from "vitest";
import { parseStationFlags, warn } from "../../../../hosts/station/cli/station-flags.ts";

function parsed(...args: string[]) {
  const flags = parseStationFlags(args);
  if (!("options" in flags)) throw new Error("errors" in flags ? flags.errors.join() : "help");
  return flags.options;
}

it.each([
  ["2525", { host: "127.0.0.1", port: 2525 }],
  ["0.0.0.0:25", { host: "0.0.0.0", port: 25 }],
  ["[::1]:0", { host: "::1", port: 0 }],
])("--smtp %s", (text, address) => {
  expect(parsed("--smtp", text).mail).toEqual({ ...address, isPlainAllowed: false });
  expect(parsed("--smtp", text, "--smtp-plain").mail?.isPlainAllowed).toBe(true);
});

it.each(["mail", "65536", "host:", "::1:25", ":25"])("--smtp %s is refused", (text) => {
  expect(() => parsed("--smtp", text)).toThrow("flag --smtp: ");
});

it("takes no mails unless it is asked for", () => {
  expect(parsed().mail).toBe(undefined);
  expect(() => parsed("--smtp-plain")).toThrow("flag --smtp: is missing");
});

it("says what is dangerous, and what cannot work", () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const said = (...args: string[]) => {
    log.mockClear();
    warn(parsed(...args));
    return log.mock.calls.join("\n");
  };
  expect(said("--smtp", "25")).toBe("");
  expect(said("--smtp", "0.0.0.0:25")).toContain("no other machine can send mails");
  expect(said("--smtp", "0.0.0.0:25", "--smtp-plain")).toContain("in the clear");
  log.mockRestore();
});
