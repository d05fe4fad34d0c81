/** The part of the SDK's module `pkcs1_5` that is used. */
import type { PublicKey } from "x509";

/** As in PKCS #1. With the primes the SDK is about four times as fast. */
export interface PrivateNumbers {
  readonly privExponent: bigint;
  readonly prim1: bigint;
  readonly prim2: bigint;
  readonly exponent1: bigint;
  readonly exponent2: bigint;
  readonly coefficient: bigint;
}
declare class PKCS1_5 {
  constructor(key: PublicKey & Partial<PrivateNumbers>, isPrivate: boolean, identifier: readonly number[]);
  sign(digest: ArrayBuffer): ArrayBuffer;
  verify(digest: ArrayBuffer, signature: Uint8Array): boolean;
}
export default PKCS1_5;
