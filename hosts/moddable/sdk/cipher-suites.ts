/**
 * Stands in for the SDK's `ssl/ciphersuites`, which offers suites without forward secrecy first. Here are the two with
 * ECDHE and AES-GCM that the SDK can do in TLS 1.2 (RFC 5289, section 3.2): one for certificates with an RSA key, one for ECDSA.
 */
import { AES, ECDHE_RSA, GCM, SHA256 } from "ssl/constants";

const common = {
  isExportable: false,
  // The SDK has one name for both: what signs is told by the certificate.
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
