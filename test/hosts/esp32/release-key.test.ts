/** The release key and the images that it signs. */

import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  makeReleaseKey,
  publicKeyText,
  readReleaseKey,
  releaseKeyPath,
} from "../../../hosts/esp32/tools/release-key.ts";
import { signImage } from "../../../hosts/esp32/tools/sign-image.ts";
import { ROOT } from "../../../hosts/moddable/tools/command.ts";
import { parsePublicKey, whyNotInstall } from "../../../src/update/image.ts";
import { Cleanups } from "../../cleanups.ts";
import { programOf, sha512 } from "../../update/images.ts";

let cleanups: Cleanups;
let path: string;
beforeEach(() => {
  cleanups = new Cleanups();
  path = join(cleanups.folder(), "keys", "release-key.pem");
});
afterEach(() => cleanups.end());

/** It begins like a program for an ESP32. */
const program = Uint8Array.of(0xe9, ...programOf(999));

describe("the release key", () => {
  it("is made once, outside the repository, for its owner alone", () => {
    expect(readReleaseKey(path)).toBeUndefined();
    makeReleaseKey(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const before = readFileSync(path, "utf8");
    expect(() => makeReleaseKey(path)).toThrow(/there is a release key already/);
    expect(readFileSync(path, "utf8")).toBe(before);
    expect(releaseKeyPath({}).startsWith(ROOT)).toBe(false);
    expect(releaseKeyPath({ FIELDPAGER_RELEASE_KEY: path })).toBe(path);
  });

  it("is refused if others may read it, or if the file is no key", () => {
    makeReleaseKey(path);
    chmodSync(path, 0o640);
    expect(() => readReleaseKey(path)).toThrow(/others may read/);
    chmodSync(path, 0o600);
    writeFileSync(path, "no key");
    expect(() => readReleaseKey(path)).toThrow(/no private key of Ed25519/);
  });

  it("signs an image that a device with its public half takes", () => {
    makeReleaseKey(path);
    const key = readReleaseKey(path);
    if (!key) throw new Error("no key");
    const image = signImage(program, "m5stack", [1, 3, 0], key);
    const installed = { board: "m5stack", version: [1, 2, 0] as const, publicKey: parsePublicKey(publicKeyText(key)) };
    expect(installed.publicKey).toHaveLength(32);
    expect(whyNotInstall(image, installed, { slotBytes: 1000, mayBeOlder: false, sha512 })).toBeUndefined();
    expect(() => signImage(Uint8Array.of(0x7f, 0x45), "m5stack", [1, 3, 0], key)).toThrow(/no program for an ESP32/);
  });
});

describe("npm run release", () => {
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", join(ROOT, "hosts/esp32/tools/release.ts"), ...args], {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, FIELDPAGER_RELEASE_KEY: path },
    });

  it("makes the key on request, and then an image from a program", () => {
    const file = join(cleanups.folder(), "xs_esp32.bin");
    writeFileSync(file, program);
    const out = cleanups.folder();
    const args = ["m5stack", "--program", file, "--out", out];
    expect(run(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining("npm run release -- key") });
    expect(run("key").status).toBe(0);
    const made = run(...args);
    expect(made).toMatchObject({ status: 0, stderr: "" });
    const image = readFileSync(made.stdout.slice(0, made.stdout.indexOf(": ")));
    expect(image.subarray(176)).toEqual(Buffer.from(program));
    expect(run("m5stack", "wifi.password=x")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("a release holds no settings"),
    });
  });
});
