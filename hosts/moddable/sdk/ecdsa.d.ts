/** The part of the SDK's module `ecdsa` that is used. */
declare class ECDSA {
  constructor(key: unknown, curve: { readonly n: bigint }, isPrivate: boolean);
  sign(digest: ArrayBuffer, isAsn1: boolean): ArrayBuffer;
  verify(digest: ArrayBuffer, signature: Uint8Array, isAsn1: boolean): boolean;
}
export default ECDSA;
