/** Reads what a certificate may be used for (RFC 5280, section 4.2). */
import { DER, DerReader, derSequence, hexOf } from "./der.ts";

export interface CertificateExtensions {
  /** Basic constraints: the certificate may sign others. */
  readonly isAuthority: boolean;
  /** How many certificates may be between this one and the broker's. undefined: any number. */
  readonly pathLength: number | undefined;
  /** Key usage: whether this bit, 0 to 7, is set. true if the certificate has no key usage. */
  mayBeUsed(bit: number): boolean;
  /** Extended key usage names servers or any purpose, or is absent. */
  readonly isForServers: boolean;
  /**
   * Identifier of a restriction that this code does not know, in hexadecimal. Such a certificate must not be trusted.
   */
  readonly unknownLimit: string | undefined;
}

export const DIGITAL_SIGNATURE = 0;
export const CERTIFICATE_SIGNING = 5;

/** Object identifiers, all of the form 2.5.29.x. */
const KEY_USAGE = "551d0f";
const ALTERNATIVE_NAMES = "551d11";
const BASIC_CONSTRAINTS = "551d13";
const NAME_CONSTRAINTS = "551d1e";
const POLICIES = "551d20";
const EXTENDED_KEY_USAGE = "551d25";

/** Purposes: serverAuth, anyExtendedKeyUsage. */
const FOR_SERVERS: readonly string[] = Object.freeze(["2b06010505070301", "551d2500"]);

/** Tags of the optional parts of a certificate (RFC 5280, section 4.1). */
const VERSION = 0xa0;
const ISSUER_IDENTIFIER = 0x81;
const SUBJECT_IDENTIFIER = 0x82;
const EXTENSIONS = 0xa3;

/** Throws an error that says why if the certificate is malformed. @param certificate DER */
export function readExtensions(certificate: Uint8Array): CertificateExtensions {
  let constraints: DerReader | undefined;
  let keyUsage: Uint8Array | undefined;
  let purposes: string[] | undefined;
  let unknownLimit: string | undefined;
  for (const list = extensionList(certificate); list && !list.isAtEnd; ) {
    const extension = new DerReader(list.read(DER.sequence));
    const identifier = hexOf(extension.read(DER.objectIdentifier));
    const isCritical = (extension.readIf(DER.boolean)?.[0] ?? 0) !== 0;
    const value = extension.read(DER.octetString);
    if (identifier === BASIC_CONSTRAINTS) constraints = derSequence(value);
    else if (identifier === KEY_USAGE) keyUsage = new DerReader(value).read(DER.bitString);
    else if (identifier === EXTENDED_KEY_USAGE) purposes = identifiersOf(derSequence(value));
    else if (
      identifier === NAME_CONSTRAINTS ||
      (isCritical && identifier !== ALTERNATIVE_NAMES && identifier !== POLICIES)
    )
      unknownLimit = identifier;
  }
  const isAuthority = (constraints?.readIf(DER.boolean)?.[0] ?? 0) !== 0;
  const pathLength = constraints?.readIf(DER.integer);
  return {
    isAuthority,
    pathLength: pathLength && Number(`0x${hexOf(pathLength)}`),
    // The first byte of a bit string is the number of unused bits. The bits begin in the second byte.
    mayBeUsed: (bit) => !keyUsage || ((keyUsage[1] ?? 0) & (0x80 >> bit)) !== 0,
    isForServers: !purposes || purposes.some((purpose) => FOR_SERVERS.includes(purpose)),
    unknownLimit,
  };
}

function extensionList(certificate: Uint8Array): DerReader | undefined {
  const parts = new DerReader(derSequence(certificate).read(DER.sequence));
  parts.readIf(VERSION);
  parts.read(DER.integer);
  // Algorithm, issuer, validity, subject, key.
  for (let count = 5; count > 0; count -= 1) parts.read(DER.sequence);
  parts.readIf(ISSUER_IDENTIFIER);
  parts.readIf(SUBJECT_IDENTIFIER);
  const extensions = parts.readIf(EXTENSIONS);
  return extensions && derSequence(extensions);
}

function identifiersOf(list: DerReader): string[] {
  const identifiers: string[] = [];
  while (!list.isAtEnd) identifiers.push(hexOf(list.read(DER.objectIdentifier)));
  return identifiers;
}
