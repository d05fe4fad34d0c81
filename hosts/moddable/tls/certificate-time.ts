/** The time by which a device checks the dates of a certificate, in seconds since 1970. */
export type CertificateTime =
  /** The clock is set. */
  | { readonly kind: "known"; readonly seconds: number }
  /** No time server answers. It is not earlier than this: the firmware had been built by then. */
  | { readonly kind: "atLeast"; readonly seconds: number };

/** undefined: the time is not known yet, and soon will be. */
export type CertificateClock = () => CertificateTime | undefined;
