/**
 * Replaces the SDK's `ssl/ciphersuites`, which offers suites without forward secrecy first. These are the two suites
 * with ECDHE and AES-GCM that the SDK supports in TLS 1.2 (RFC 5289, section 3.2): one for certificates with an ECDSA
 * key, one for RSA.
 */
import { AES, ECDHE_RSA, GCM, SHA256 } from "ssl/constants";

const common = {
  isExportable: false,
  // The SDK has one name for both. The certificate decides what kind of key signs.
  keyExchangeAlgorithm: ECDHE_RSA,
  cipherAlgorithm: AES,
  cipherKeySize: 16,
  cipherBlockSize: 16,
  hashAlgorithm: SHA256,
  hashSize: 32,
  encryptionMode: GCM,
  ivSize: 8,
  saltSize: 4,
};

const suites = Object.freeze([
  Object.freeze({ value: Object.freeze([0xc0, 0x2b]), ...common }),
  Object.freeze({ value: Object.freeze([0xc0, 0x2f]), ...common }),
]);

export default suites;
