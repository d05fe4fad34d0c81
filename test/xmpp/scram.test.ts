import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SCRAM_ROUNDS_MAX, SCRAM_ROUNDS_MIN } from "../../src/limits.ts";
import { digest, hmac, Pbkdf2, SHA1, SHA256 } from "../../src/xmpp/hash.ts";
import { Scram } from "../../src/xmpp/scram.ts";

const ALGORITHMS = [
  ["sha1", SHA1],
  ["sha256", SHA256],
] as const;

/** RFC 5802, section 5, and RFC 7677, section 3. */
const EXCHANGES = [
  {
    algorithm: SHA1,
    nonce: "fyko+d2lbbFgONRv9qkxdawL",
    first: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
    serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    final: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
  },
  {
    algorithm: SHA256,
    nonce: "rOprNGfwEbeRWgbNEkqO",
    first: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    final: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  },
] as const;

describe.each(ALGORITHMS)("%s", (name, algorithm) => {
  it("makes the digests and the HMACs of Node at every length around a block", () => {
    for (let length = 0; length < 200; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 0xff);
      expect(Buffer.from(digest(algorithm, bytes, bytes))).toEqual(
        createHash(name).update(bytes).update(bytes).digest(),
      );
      expect(Buffer.from(hmac(algorithm, bytes, bytes))).toEqual(createHmac(name, bytes).update(bytes).digest());
    }
  });

  it("derives a key in steps of any size", () => {
    for (const [rounds, step] of [
      [1, 1],
      [2, 1],
      [4_096, 1_000],
      [100, 7],
    ] as const) {
      const work = new Pbkdf2(algorithm, Buffer.from("pass"), Buffer.from("salt"), rounds);
      while (!work.step(step));
      expect(Buffer.from(work.result)).toEqual(pbkdf2Sync("pass", "salt", rounds, algorithm.digestBytes, name));
    }
  });
});

describe.each(EXCHANGES)("SCRAM-$algorithm.name", ({ algorithm, nonce, first, serverFirst, final, serverFinal }) => {
  const begun = (salted?: Scram["salted"]) => {
    const scram = new Scram(algorithm, "user", "pencil", nonce, salted);
    expect(scram.first).toBe(first);
    scram.handleFirst(serverFirst);
    return scram;
  };

  it("says what its RFC says, and believes the server of it", () => {
    const scram = begun();
    expect(scram.step(4_000)).toBe(false);
    expect(scram.step(4_000)).toBe(true);
    expect(scram.final).toBe(final);
    scram.verify(serverFinal);
    // The rounds need not be done again.
    const again = begun(scram.salted);
    expect(again.step(0)).toBe(true);
    expect(again.final).toBe(final);
  });

  it("does not believe a server with another signature, or with none", () => {
    const scram = begun();
    scram.step(SCRAM_ROUNDS_MAX);
    expect(() => scram.verify(serverFinal)).toThrow(/does not prove/);
    expect(scram.final).toBe(final);
    for (const wrong of [serverFinal.replace("v=", "v=A"), "v=", "", "e=other-error"])
      expect(() => scram.verify(wrong), wrong).toThrow(/does not prove/);
  });

  it("refuses a first message that is not of this login", () => {
    const wrong = [
      [`m=ext,${serverFirst}`, /extension/],
      [serverFirst.replace("r=", "r=x"), /nonce/],
      [`r=${nonce},s=QSXCR+Q6sek8bf92,i=4096`, /nonce/],
      [serverFirst.replace("i=4096", `i=${SCRAM_ROUNDS_MIN - 1}`), /rounds/],
      [serverFirst.replace("i=4096", `i=${SCRAM_ROUNDS_MAX + 1}`), /rounds/],
      [serverFirst.replace("i=4096", "i=x"), /rounds/],
      [serverFirst.replace("s=", "s=%"), /base64/],
    ] as const;
    for (const [message, problem] of wrong) {
      const scram = new Scram(algorithm, "user", "pencil", nonce);
      expect(() => scram.handleFirst(message), message).toThrow(problem);
    }
  });
});

it("a name with = and , is written as RFC 5802 wants it", () => {
  expect(new Scram(SHA1, "a=b,c", "", "n").first).toBe("n,,n=a=3Db=2Cc,r=n");
});
