/**
 * Checks that the broker is the right one. It replaces the SDK's `ssl/cert`. That module (8.2.3) accepts a chain if a
 * known authority signed its last certificate. It does not check that the second certificate signed the first, whose
 * key is used. So anybody with a copy of the broker's public certificate could pose as the broker. Here every link is
 * checked, from the broker's certificate to an authority of the settings.
 */
import BER from "ber";
import { Digest } from "crypt";
import ECDSA from "ecdsa";
import PKCS1_5 from "pkcs1_5";
import X509, { type PublicKey } from "x509";
import {
  CERTIFICATE_SIGNING,
  type CertificateExtensions,
  DIGITAL_SIGNATURE,
  readExtensions,
} from "./certificate-extensions.ts";
import { readNames } from "./certificate-names.ts";
import type { CertificateTime } from "./certificate-time.ts";
import { TlsError } from "./tls-failure.ts";

/** How many certificates of a chain are checked. If these do not lead to an authority, the chain is refused. */
const CHAIN_MAX = 5;

/**
 * RSA keys with a smaller exponent are refused, because the SDK does not check the bytes after the digest in a
 * signature.
 */
const RSA_EXPONENT_MIN = 65_537n;

type Hash = "SHA256" | "SHA384" | "SHA512";

const DATE_LENGTH = 10;

export interface CertificateOptions {
  /** DER of the trusted authorities. */
  readonly authorities: readonly Uint8Array[];
  /** The name or IPv4 address that must be in the broker's certificate. */
  readonly expectedName: string;
  readonly isInsecure: boolean;
  readonly time: CertificateTime;
  /** DER of the certificates that this device shows, its own first. */
  readonly ownChain: readonly Uint8Array[];
}

/** Has the methods that the SDK's session calls. */
export class CertificateCheck {
  private readonly options: CertificateOptions;
  private brokerKey: PublicKey | undefined;

  constructor(options: CertificateOptions) {
    this.options = options;
  }

  /**
   * Accepts the chain if the first certificate is the broker's and every link up to a known authority is signed.
   * Otherwise throws an error that says why.
   */
  verify(chain: readonly Uint8Array[]): boolean {
    this.brokerKey = undefined;
    const [leaf] = chain;
    if (!leaf) throw refusal("the broker shows no certificate");
    if (!this.options.isInsecure) {
      checkName(leaf, this.options.expectedName);
      this.checkChain(chain.slice(0, CHAIN_MAX));
    }
    const key = X509.decodeSPKI(leaf);
    if (!key.curve && !isStrongRsa(key)) throw refusal("the broker's key is of an unknown kind");
    this.brokerKey = key;
    return true;
  }

  /** The SDK hands in the certificate that `verify` has just accepted. Its key is kept already. */
  register(_certificate: unknown): void {}

  getKey(): PublicKey {
    if (!this.brokerKey) throw refusal("the broker shows no certificate");
    return this.brokerKey;
  }

  /** Returns the device's own certificates for a broker that asks. Without any, the list is empty. */
  findPreferredCert(): readonly Uint8Array[] {
    return this.options.ownChain;
  }

  private checkChain(chain: readonly Uint8Array[]): void {
    const { authorities } = this.options;
    checkPurpose(chain[0] as Uint8Array);
    for (let index = 0; index < chain.length; index += 1) {
      const certificate = chain[index] as Uint8Array;
      const { tbs, algo, sig } = X509.decode(certificate);
      this.checkDates(tbs);
      if (authorities.some((authority) => isSame(authority, certificate))) return;
      const { issuer } = readNames(certificate);
      // A signature check takes a third of a second on a board. So only the certificate with the issuer's name is
      // tried.
      const isIssuer = (other: Uint8Array) =>
        isSame(readNames(other).subject, issuer) && isSigned(tbs, algo, sig, X509.decodeSPKI(other));
      const authority = authorities.find(isIssuer);
      if (authority) {
        checkIssuer(authority, index);
        this.checkDates(X509.decode(authority).tbs);
        return;
      }
      const next = chain[index + 1];
      if (!next || !isIssuer(next)) break;
      checkIssuer(next, index);
    }
    throw refusal("the broker's certificate is not signed by an authority of broker.ca");
  }

  /** Where only the least time is known, a certificate may have expired since then, or may not be valid yet. */
  private checkDates(tbs: Uint8Array): void {
    const { time } = this.options;
    const { from, to } = X509.decodeTBS(tbs).validity;
    const nowMs = time.seconds * 1_000;
    if (time.kind === "known" && nowMs < from)
      throw refusal(`the broker's certificate is valid from ${dayOf(from)}, and the clock here says ${dayOf(nowMs)}`);
    if (nowMs > to) throw refusal(`the broker's certificate has expired on ${dayOf(to)}`);
  }
}

const refusal = (problem: string) => new TlsError(problem, true);

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Whether the key signed these bytes. Returns false for unknown keys and algorithms. */
function isSigned(tbs: Uint8Array, algorithm: Uint32Array, signature: Uint8Array, key: PublicKey): boolean {
  const name = algorithm.join(".");
  const rsa = name.startsWith("1.2.840.113549.1.1.");
  const hash = rsa
    ? RSA_HASHES[algorithm[6] ?? 0]
    : name.startsWith("1.2.840.10045.4.3.") && EC_HASHES[algorithm[6] ?? 0];
  if (!hash) return false;
  if (rsa) {
    if (!isStrongRsa(key)) return false;
    return new PKCS1_5(key, false, []).verify(digestOf(hash, tbs), signature);
  }
  if (!key.curve || !isEcdsaSignature(signature, key.curve.n)) return false;
  // If the digest is longer than the order, only its first bytes count (SEC 1, section 4.1.4, step 3). The SDK takes
  // all.
  const digest = digestOf(hash, tbs).slice(0, orderBytes(key.curve.n));
  return new ECDSA(key.pub, key.curve, false).verify(digest, signature, true);
}

/** Both curves that the SDK knows have orders of whole bytes. */
function orderBytes(order: bigint): number {
  return ArrayBuffer.fromBigInt(order).byteLength;
}

function digestOf(hash: Hash, bytes: Uint8Array): ArrayBuffer {
  const digest = new Digest(hash);
  digest.write(bytes.slice().buffer as ArrayBuffer);
  return digest.close();
}

function isStrongRsa(key: PublicKey): boolean {
  return key.exponent !== undefined && key.exponent >= RSA_EXPONENT_MIN;
}

/** By the last number of the algorithm's identifier. SHA-1 and MD5 are left out on purpose. */
const RSA_HASHES: Readonly<Record<number, Hash>> = Object.freeze({ 11: "SHA256", 12: "SHA384", 13: "SHA512" });
const EC_HASHES: Readonly<Record<number, Hash>> = Object.freeze({ 2: "SHA256", 3: "SHA384", 4: "SHA512" });

/**
 * Checks that both numbers are between 0 and the order of the curve (SEC 1, section 4.1.4, step 1). The SDK does not.
 */
export function isEcdsaSignature(signature: Uint8Array, order: bigint): boolean {
  const numbers = new BER(new BER(signature).getSequence());
  const r = numbers.getInteger();
  const s = numbers.getInteger();
  return r > 0n && s > 0n && r < order && s < order;
}

/**
 * Checks the broker's own certificate. It must be for a server, and its key must be allowed to sign, because ECDHE
 * needs that.
 */
function checkPurpose(certificate: Uint8Array): void {
  const extensions = readExtensions(certificate);
  checkLimits(extensions);
  if (!extensions.isForServers || !extensions.mayBeUsed(DIGITAL_SIGNATURE))
    throw refusal("the broker's certificate is not meant for a server");
}

/**
 * Checks a certificate that signed another one.
 * @param betweenCount how many certificates are between it and the broker's
 */
function checkIssuer(certificate: Uint8Array, betweenCount: number): void {
  const extensions = readExtensions(certificate);
  checkLimits(extensions);
  const { isAuthority, pathLength = betweenCount } = extensions;
  if (!isAuthority || !extensions.mayBeUsed(CERTIFICATE_SIGNING) || pathLength < betweenCount)
    throw refusal("the broker's certificate is signed by a certificate that must not sign it");
}

function checkLimits({ unknownLimit }: CertificateExtensions): void {
  if (unknownLimit)
    throw refusal(`the broker's certificate has a restriction that is not known here (${unknownLimit})`);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, DATE_LENGTH);
}

/** RFC 6125: alternative names only, and a wildcard only for the first label. */
function checkName(leaf: Uint8Array, expected: string): void {
  const wanted = expected.toLowerCase();
  const found: string[] = [];
  for (const { tag, value } of X509.decodeSAN(leaf) ?? []) {
    const name = typeof value === "string" ? value.toLowerCase() : new Uint8Array(value).join(".");
    if (tag === 2 && typeof value === "string") {
      if (name === wanted) return;
      const dot = wanted.indexOf(".");
      if (name.startsWith("*.") && dot > 0 && name.slice(1) === wanted.slice(dot)) return;
      found.push(name);
    }
    if (tag === 7 && typeof value !== "string") {
      if (value.byteLength === 4 && name === wanted) return;
      found.push(name);
    }
  }
  throw refusal(`the broker's certificate is for ${found.join(", ") || "no name"}, expected ${expected}`);
}
