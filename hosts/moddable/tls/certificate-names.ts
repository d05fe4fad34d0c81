import { DER, DerReader, derSequence } from "./der.ts";

/** Tag of the version of a certificate, which is optional. */
const VERSION = 0xa0;

export interface CertificateNames {
  /** Name of the certificate's issuer. */
  readonly issuer: Uint8Array;
  /** Name of the certificate's owner. */
  readonly subject: Uint8Array;
}

/**
 * Reads the names in a certificate (RFC 5280, section 4.1), as DER. An issuer writes its own name into what it signs,
 * byte by byte, so names can be compared as bytes. Throws an error that says why if the certificate is malformed.
 * @param certificate DER
 */
export function readNames(certificate: Uint8Array): CertificateNames {
  const parts = new DerReader(derSequence(certificate).read(DER.sequence));
  parts.readIf(VERSION);
  parts.read(DER.integer);
  // The algorithm, and after the issuer the validity.
  parts.read(DER.sequence);
  const issuer = parts.read(DER.sequence);
  parts.read(DER.sequence);
  return { issuer, subject: parts.read(DER.sequence) };
}
