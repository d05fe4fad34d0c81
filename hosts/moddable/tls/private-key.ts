/**
 * Reads the private key of a device from PEM. It reads the three forms that OpenSSL writes without a password: PKCS #8
 * (RFC 5208, section 5), PKCS #1 for RSA (RFC 8017, section A.1.2), SEC 1 for elliptic curves (RFC 5915, section 3).
 */

import { pemBlocks } from "../../../src/pem.ts";
import { DER, DerReader, derSequence, hexOf } from "./der.ts";

/** All numbers are big-endian bytes. They are views of the decoded PEM. */
export type PrivateKey =
  | {
      readonly algorithm: "rsa";
      readonly modulus: Uint8Array;
      readonly exponent: Uint8Array;
      readonly privateExponent: Uint8Array;
      readonly prime1: Uint8Array;
      readonly prime2: Uint8Array;
      readonly exponent1: Uint8Array;
      readonly exponent2: Uint8Array;
      readonly coefficient: Uint8Array;
    }
  | { readonly algorithm: "ec"; readonly curve: CurveName; readonly secret: Uint8Array };

/** The curves that the SDK knows: P-256 and P-384. */
export type CurveName = "secp256r1" | "secp384r1";

const PKCS8 = "PRIVATE KEY";
const PKCS1 = "RSA PRIVATE KEY";
const SEC1 = "EC PRIVATE KEY";

/** Object identifiers: rsaEncryption, id-ecPublicKey, and the curves. */
const RSA_ENCRYPTION = "2a864886f70d010101";
const EC_PUBLIC_KEY = "2a8648ce3d0201";
const CURVES: Readonly<Record<string, CurveName>> = Object.freeze({
  "2a8648ce3d030107": "secp256r1",
  "2b81040022": "secp384r1",
});

/** Throws an error that says why. The message contains nothing of the key. */
export function parsePrivateKey(pem: string): PrivateKey {
  const label = [PKCS8, PKCS1, SEC1].find((label) => pem.includes(`-----BEGIN ${label}-----`));
  if (!label)
    throw new Error("expected PEM with a PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY that has no password");
  const [der] = pemBlocks(pem, label) as [Uint8Array];
  if (label === PKCS1) return rsaKey(der);
  return label === SEC1 ? ecKey(der, undefined) : pkcs8Key(der);
}

function pkcs8Key(der: Uint8Array): PrivateKey {
  const info = derSequence(der);
  info.read(DER.integer);
  const algorithm = new DerReader(info.read(DER.sequence));
  const key = info.read(DER.octetString);
  const name = hexOf(algorithm.read(DER.objectIdentifier));
  if (name === RSA_ENCRYPTION) return rsaKey(key);
  if (name === EC_PUBLIC_KEY) return ecKey(key, algorithm.readIf(DER.objectIdentifier));
  throw new Error("a key of an unknown kind, expected RSA or an elliptic curve");
}

function rsaKey(der: Uint8Array): PrivateKey {
  const key = derSequence(der);
  key.read(DER.integer);
  const next = () => key.read(DER.integer);
  return {
    algorithm: "rsa",
    modulus: next(),
    exponent: next(),
    privateExponent: next(),
    prime1: next(),
    prime2: next(),
    exponent1: next(),
    exponent2: next(),
    coefficient: next(),
  };
}

/** The name of the curve is in the key or, in PKCS #8, beside it. */
function ecKey(der: Uint8Array, around: Uint8Array | undefined): PrivateKey {
  const key = derSequence(der);
  key.read(DER.integer);
  const secret = key.read(DER.octetString);
  const parameters = key.readIf(0xa0);
  const name = around ?? (parameters && new DerReader(parameters).readIf(DER.objectIdentifier));
  const curve = name && CURVES[hexOf(name)];
  if (!curve) throw new Error("a key on an unknown curve, expected P-256 or P-384");
  return { algorithm: "ec", curve, secret };
}
