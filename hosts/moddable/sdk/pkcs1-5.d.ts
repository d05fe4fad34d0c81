/** What is used of the SDK's module `pkcs1_5`. */
import type { PublicKey } from "x509";

declare class PKCS1_5 {
  constructor(key: PublicKey, isPrivate: boolean, identifier: readonly number[]);
  verify(digest: ArrayBuffer, signature: Uint8Array): boolean;
}
export default PKCS1_5;
