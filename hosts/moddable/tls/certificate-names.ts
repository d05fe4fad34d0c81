import { DER, DerReader, derSequence } from "./der.ts";

/** Tag of the version of a certificate, which may be missing. */
const VERSION = 0xa0;

export interface CertificateNames {
  /** Who signed it. */
  readonly issuer: Uint8Array;
  /** Whose it is. */
  readonly subject: Uint8Array;
}

/**
 * The names in a certificate (RFC 5280, section 4.1), as their DER: an issuer writes its own name byte by byte into what it signs.
 * @param certificate DER. Throws, in words, where it is none.
 */
export function readNames(certificate: Uint8Array): CertificateNames {
  const parts = new DerReader(derSequence(certificate).read(DER.sequence));
  parts.readIf(VERSION);
  parts.read(DER.integer);
  // The algorithm, and behind the issuer the validity.
  parts.read(DER.sequence);
  const issuer = parts.read(DER.sequence);
  parts.read(DER.sequence);
  return { issuer, subject: parts.read(DER.sequence) };
}
