/** Accounts: what is stored on disk, and which passwords and tokens are accepted. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { localPassword, localToken } from "../../../../hosts/common/local-key.ts";
import { describeFirstStart, openAccess } from "../../../../hosts/station/directory/open-access.ts";
import { Accounts } from "../../../../hosts/station/identity/accounts.ts";
import { generatePassword } from "../../../../hosts/station/identity/password-hash.ts";
import { StationBench } from "../harness.ts";

function scene(localKey = "") {
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  const folder = bench.folder();
  const path = join(folder, "accounts.json");
  return { folder, path, accounts: new Accounts(path, localKey), again: () => new Accounts(path, localKey) };
}

const failure = async (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error) => error,
  );

describe("Accounts", () => {
  it("accepts a password, also after a restart, and stores only its hash with salt and parameters", async () => {
    const { accounts, again, path } = scene();
    await accounts.create({ name: "alice", kind: "person", password: "correct horse" });
    await accounts.create({ name: "bob", kind: "person", password: "correct horse" });
    const { password } = await accounts.create({ name: "pager-1", kind: "device" });
    const reopened = again();
    expect(await reopened.verify("alice", "correct horse")).toMatchObject({ name: "alice", isAdmin: false });
    expect(await reopened.verify("pager-1", password)).toMatchObject({ name: "pager-1", kind: "device" });
    expect(await reopened.verify("alice", "correct horsf")).toBeUndefined();
    expect(await reopened.verify("pager-1", "correct horse")).toBeUndefined();
    expect(await reopened.verify("nobody", "correct horse")).toBeUndefined();
    const text = readFileSync(path, "utf8");
    expect(text).not.toContain("correct horse");
    expect(text).not.toContain(password);
    const hashes = text.match(/scrypt\$[^"]+/g) ?? [];
    expect(hashes.map((hash) => hash.split("$").slice(1, 4).join(" "))).toEqual(["32768 8 3", "32768 8 3", "1024 8 1"]);
    expect(new Set(hashes).size, "a salt of its own for each").toBe(3);
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it("computes the hash of a password once: a second login costs nothing, until the password is changed", async () => {
    const { accounts } = scene();
    await accounts.create({ name: "alice", kind: "person", password: "correct horse" });
    expect(accounts.isVerified("alice", "correct horse")).toBe(false);
    await accounts.verify("alice", "correct horse");
    expect(accounts.isVerified("alice", "correct horse")).toBe(true);
    expect(accounts.isVerified("alice", "correct horsf")).toBe(false);
    await accounts.setPassword("alice", "another horse");
    expect(accounts.isVerified("alice", "correct horse")).toBe(false);
    expect(await accounts.verify("alice", "correct horse")).toBeUndefined();
    expect(await accounts.verify("alice", "another horse")).toBeDefined();
  });

  it("does not touch a file of another version", async () => {
    const path = join(scene().folder, "accounts.json");
    const text = '{"version":99,"accounts":[],"tokens":[]}';
    writeFileSync(path, text);
    expect(() => new Accounts(path)).toThrow(/version 99, expected 1/);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("takes as long to refuse an unknown name as a wrong password of a person or a device", async () => {
    const { accounts } = scene();
    await accounts.create({ name: "alice", kind: "person", password: "correct horse" });
    await accounts.create({ name: "pager-1", kind: "device" });
    // Time of the processor, of all threads: a loaded machine does not change it.
    const times = new Map<string, number[]>(["alice", "pager-1", "nobody"].map((name) => [name, []]));
    for (let round = 0; round < 3; round += 1)
      for (const [name, taken] of times) {
        const began = process.cpuUsage();
        expect(await accounts.verify(name, "wrong horse")).toBeUndefined();
        const { user, system } = process.cpuUsage(began);
        taken.push(user + system);
      }
    const [person, device, nobody] = [...times.values()].map((taken) => Math.min(...taken)) as [number, number, number];
    for (const other of [device, nobody]) expect(other / person).toBeGreaterThan(0.5);
    for (const other of [device, nobody]) expect(other / person).toBeLessThan(2);
  });

  it("computes nothing for a login that is over a limit, nor for a password of a megabyte", async () => {
    const { accounts } = scene();
    await accounts.create({ name: "alice", kind: "person", password: "correct horse" });
    const began = performance.now();
    const flood = Array.from({ length: 2_000 }, () => accounts.verify("alice", "wrong horse", () => false));
    expect((await Promise.all(flood)).every((each) => each === undefined)).toBe(true);
    expect(await accounts.verify("alice", "x".repeat(1_048_576))).toBeUndefined();
    const cheap = performance.now() - began;
    const beganOne = performance.now();
    await accounts.verify("alice", "wrong horse");
    expect(cheap, "2,000 of them together against one that is computed").toBeLessThan(
      (performance.now() - beganOne) * 20,
    );
  });

  it("refuses invalid names and passwords, a taken name, and the removal of the last administrator", async () => {
    const { accounts } = scene();
    await accounts.create({ name: "root", kind: "person", isAdmin: true });
    expect(await failure(accounts.create({ name: "a/b", kind: "person" }))).toMatchObject({ statusCode: 400 });
    expect(await failure(accounts.create({ name: "everyone", kind: "person" }))).toMatchObject({ statusCode: 400 });
    expect(await failure(accounts.create({ name: "root", kind: "device" }))).toMatchObject({ statusCode: 409 });
    const short = { name: "alice", kind: "person", password: "1234567" } as const;
    expect(await failure(accounts.create(short))).toMatchObject({ statusCode: 400 });
    expect(await failure(accounts.remove("root"))).toMatchObject({ statusCode: 409 });
    expect(await failure(accounts.setPassword("nobody"))).toMatchObject({ statusCode: 404 });
  });

  it("makes tokens that stand for their owner until they are revoked or the owner is removed", async () => {
    const { accounts, again, path } = scene();
    await accounts.create({ name: "root", kind: "person", isAdmin: true });
    await accounts.create({ name: "script", kind: "program" });
    const [first, second] = [await accounts.issueToken("script", "one"), await accounts.issueToken("script", "two")];
    expect(again().verifyToken(first, false)).toMatchObject({ name: "script", kind: "program" });
    expect(readFileSync(path, "utf8")).not.toContain(first);
    const [info] = accounts.listTokens();
    expect(info).toMatchObject({ owner: "script", label: "one" });
    await accounts.revokeToken(info?.id ?? "");
    expect(accounts.verifyToken(first, false)).toBeUndefined();
    expect(accounts.verifyToken(second, false)).toBeDefined();
    await accounts.remove("script");
    expect(again().verifyToken(second, false)).toBeUndefined();
    expect(accounts.verifyToken("", false)).toBeUndefined();
  });

  it("accepts a password of the local key for its name only, and a token only from this machine", async () => {
    const { accounts } = scene("key");
    expect(accounts.isLocalPassword("pager-1", localPassword("key", "pager-1"))).toBe(true);
    expect(accounts.isLocalPassword("pager-2", localPassword("key", "pager-1"))).toBe(false);
    expect(accounts.verifyToken(localToken("key"), true)).toMatchObject({ name: "local", isAdmin: true });
    expect(accounts.verifyToken(localToken("key"), false)).toBeUndefined();
    expect(accounts.verifyToken(localToken("other"), true)).toBeUndefined();
    const { accounts: without } = scene();
    expect(without.isLocalPassword("pager-1", localPassword("", "pager-1"))).toBe(false);
  });

  it("refuses a damaged file instead of starting without accounts", () => {
    const { path, again } = scene();
    writeFileSync(path, '{"accounts": [');
    expect(again).toThrow(path);
  });
});

describe("the first start", () => {
  it("makes an administrator and a token and shows them; a later start does not", async () => {
    const { folder } = scene();
    const { begin, accounts, directory } = await openAccess(folder);
    const firstStart = await begin();
    if (!firstStart) throw new Error("nothing was made");
    expect(await accounts.verify("admin", firstStart.adminPassword)).toMatchObject({ isAdmin: true, kind: "person" });
    expect(accounts.verifyToken(firstStart.token, false)).toMatchObject({ name: "admin" });
    expect(directory.person("admin")).toBeDefined();
    for (const secret of [firstStart.adminPassword, firstStart.token])
      expect(describeFirstStart(firstStart)).toContain(secret);
    const second = await openAccess(folder);
    expect(await second.begin()).toBeUndefined();
    expect(second.localKey).not.toBe("");
    expect(statSync(join(folder, "local.key")).mode & 0o077).toBe(0);
  });

  it("makes passwords that differ and are easy to read", () => {
    const passwords = Array.from({ length: 100 }, generatePassword);
    expect(new Set(passwords).size).toBe(100);
    for (const password of passwords) expect(password).toMatch(/^[a-z2-9]{7}-[a-z2-9]{7}-[a-z2-9]{7}$/);
  });
});
