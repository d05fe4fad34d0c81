/**
 * Password hashes: scrypt (RFC 7914), each with its own salt. The parameters stand in the hash, so that old hashes stay valid when
 * they are raised.
 */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

interface Cost {
  /** N, r and p of RFC 7914; memory is 128 * N * r bytes. */
  readonly blocks: number;
  readonly blockSize: number;
  readonly passes: number;
}

/** For a password that a person has chosen: 32 MB and three passes, as OWASP's password storage cheat sheet recommends. */
export const CHOSEN_COST: Cost = Object.freeze({ blocks: 2 ** 15, blockSize: 8, passes: 3 });

/**
 * For a generated password. Its 104 bits cannot be guessed at any cost. A low cost lets a thousand devices come back together
 * without waiting for each other.
 */
export const GENERATED_COST: Cost = Object.freeze({ blocks: 2 ** 10, blockSize: 8, passes: 1 });

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const GENERATED_CHARACTERS = 21;

/** A password of 104 bits, in groups that are easy to read out and type. */
export function generatePassword(): string {
  let text = "";
  while (text.length < GENERATED_CHARACTERS)
    for (const byte of randomBytes(32))
      if (byte < ALPHABET.length * 8 && text.length < GENERATED_CHARACTERS) text += ALPHABET[byte % ALPHABET.length];
  return (text.match(/.{7}/g) ?? []).join("-");
}

/** `scrypt$<N>$<r>$<p>$<salt>$<hash>`, the last two in base64url. */
export async function hashPassword(password: string, cost: Cost): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, cost);
  const { blocks, blockSize, passes } = cost;
  return ["scrypt", blocks, blockSize, passes, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/** Whether this is the hash of the password. Compares in constant time. Throws for a malformed hash. */
export async function isPasswordOf(password: string, hash: string): Promise<boolean> {
  const [name, blocks, blockSize, passes, salt, expected] = hash.split("$");
  const cost = { blocks: Number(blocks), blockSize: Number(blockSize), passes: Number(passes) };
  if (name !== "scrypt" || !salt || !expected || !Object.values(cost).every(Number.isSafeInteger))
    throw new Error("a password hash in the accounts file is none");
  const wanted = Buffer.from(expected, "base64url");
  const actual = await derive(password, Buffer.from(salt, "base64url"), cost);
  return wanted.length === actual.length && timingSafeEqual(wanted, actual);
}

function derive(password: string, salt: Buffer, { blocks, blockSize, passes }: Cost): Promise<Buffer> {
  const options = { N: blocks, r: blockSize, p: passes, maxmem: 256 * blocks * blockSize };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, HASH_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
