/**
 * Makes and signs good and bad certificates (RFC 5280). openssl's commands cannot make all of them, such as a chain that breaks one
 * rule, or a certificate that is not valid yet.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export type KeyKind = "P-256" | "P-384" | "P-521" | "RSA";
export type Hash = "sha1" | "sha256" | "sha384" | "sha512";

export interface Extension {
  readonly identifier: string;
  readonly isCritical?: boolean;
  readonly value: Buffer;
}

export interface Wanted {
  readonly name: string;
  /** Default: P-256. */
  readonly key?: KeyKind;
  /** Default: SHA-256. */
  readonly hash?: Hash;
  /** Who signs. Default: the certificate itself. */
  readonly by?: Identity;
  /** Days from now. Default: -1 and 2. */
  readonly validDays?: readonly [from: number, to: number];
  readonly extensions?: readonly Extension[];
  /** The signature is wrong. */
  readonly isForged?: boolean;
}

/** A certificate with its key. */
export interface Identity {
  readonly name: string;
  readonly key: KeyObject;
  readonly der: Buffer;
  /** PEM of the certificate. */
  readonly certificate: string;
}

const RSA_BITS = 2_048;
const DAY_MS = 86_400_000;

const RSA_ALGORITHMS = {
  sha1: "1.2.840.113549.1.1.5",
  sha256: "1.2.840.113549.1.1.11",
  sha384: "1.2.840.113549.1.1.12",
  sha512: "1.2.840.113549.1.1.13",
};
const EC_ALGORITHMS = {
  sha1: "1.2.840.10045.4.1",
  sha256: "1.2.840.10045.4.3.2",
  sha384: "1.2.840.10045.4.3.3",
  sha512: "1.2.840.10045.4.3.4",
};

let serial = 1;

export function makeIdentity(wanted: Wanted): Identity {
  const { name, key: kind = "P-256", hash = "sha256", by, validDays = [-1, 2], extensions = [] } = wanted;
  const { privateKey, publicKey } =
    kind === "RSA"
      ? generateKeyPairSync("rsa", { modulusLength: RSA_BITS })
      : generateKeyPairSync("ec", { namedCurve: kind });
  const signer = by?.key ?? privateKey;
  const algorithm =
    signer.asymmetricKeyType === "rsa"
      ? sequence(objectIdentifier(RSA_ALGORITHMS[hash]), element(0x05))
      : sequence(objectIdentifier(EC_ALGORITHMS[hash]));
  const [from, to] = validDays.map((days) => utcTime(new Date(Date.now() + days * DAY_MS))) as [Buffer, Buffer];
  const version = extensions.length ? [element(0xa0, integer(2))] : [];
  const serialNumber = integer(serial);
  serial += 1;
  const toBeSigned = sequence(
    ...version,
    serialNumber,
    algorithm,
    distinguishedName(by?.name ?? name),
    sequence(from, to),
    distinguishedName(name),
    publicKey.export({ type: "spki", format: "der" }),
    ...(extensions.length ? [element(0xa3, sequence(...extensions.map(extension)))] : []),
  );
  const signature = sign(hash, toBeSigned, signer);
  if (wanted.isForged) signature.writeUInt8(signature.readUInt8(signature.length - 1) ^ 1, signature.length - 1);
  const der = sequence(toBeSigned, algorithm, element(0x03, Buffer.of(0), signature));
  return { name, key: privateKey, der, certificate: pem("CERTIFICATE", der) };
}

export type KeyForm = "pkcs8" | "pkcs1" | "sec1";

export function keyPem({ key }: Identity, type: KeyForm = "pkcs8"): string {
  return String(createPrivateKey(key.export({ type: "pkcs8", format: "pem" })).export({ type, format: "pem" }));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}

/** Basic constraints of an authority. */
export const authority = (pathLength?: number): Extension => ({
  identifier: "2.5.29.19",
  isCritical: true,
  value: sequence(element(0x01, Buffer.of(0xff)), ...(pathLength === undefined ? [] : [integer(pathLength)])),
});

/** Basic constraints of a certificate that is no authority. */
export const NO_AUTHORITY: Extension = { identifier: "2.5.29.19", isCritical: true, value: sequence() };

/** Bits of key usage, 0 digitalSignature to 8 decipherOnly (RFC 5280, section 4.2.1.3). */
export function keyUsage(...bits: readonly number[]): Extension {
  const last = Math.max(...bits);
  const bytes = Buffer.alloc((last >> 3) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return { identifier: "2.5.29.15", isCritical: true, value: element(0x03, Buffer.of(7 - (last & 7)), bytes) };
}
export const DIGITAL_SIGNATURE = 0;
export const KEY_ENCIPHERMENT = 2;
export const CERTIFICATE_SIGNING = 5;

/** `1.3.6.1.5.5.7.3.1` is a server, `…3.2` a client. */
export const extendedKeyUsage = (...identifiers: readonly string[]): Extension => ({
  identifier: "2.5.29.37",
  value: sequence(...identifiers.map(objectIdentifier)),
});
export const FOR_SERVERS = "1.3.6.1.5.5.7.3.1";
export const FOR_CLIENTS = "1.3.6.1.5.5.7.3.2";

/** Subject alternative names: names of hosts, or IPv4 addresses. */
export const alternativeNames = (...names: readonly string[]): Extension => ({
  identifier: "2.5.29.17",
  value: sequence(
    ...names.map((name) =>
      /^[\d.]+$/.test(name)
        ? element(0x87, Buffer.from(name.split(".").map(Number)))
        : element(0x82, Buffer.from(name, "ascii")),
    ),
  ),
});

function extension({ identifier, isCritical, value }: Extension): Buffer {
  return sequence(
    objectIdentifier(identifier),
    ...(isCritical ? [element(0x01, Buffer.of(0xff))] : []),
    element(0x04, value),
  );
}

/** One element of DER. */
export function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

export function sequence(...contents: readonly Buffer[]): Buffer {
  return element(0x30, ...contents);
}

function integer(value: number): Buffer {
  const bytes = [value & 0xff];
  for (let rest = value >> 8; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  if ((bytes[0] ?? 0) & 0x80) bytes.unshift(0);
  return element(0x02, Buffer.from(bytes));
}

function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let more = part >>> 7; more > 0; more >>>= 7) groups.unshift((more & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return element(0x06, Buffer.from(bytes));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(element(0x31, sequence(objectIdentifier("2.5.4.3"), element(0x0c, Buffer.from(commonName)))));
}

function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`));
}
