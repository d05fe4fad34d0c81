/** What is used of the SDK's module `x509`. */
export interface PublicKey {
  readonly exponent?: bigint;
  readonly curve?: { readonly n: bigint };
  readonly pub?: unknown;
}
declare const X509: {
  decode(certificate: Uint8Array): { tbs: Uint8Array; algo: Uint32Array; sig: Uint8Array };
  decodeTBS(tbs: Uint8Array): { validity: { from: number; to: number } };
  decodeSPKI(certificate: Uint8Array): PublicKey;
  decodeSAN(certificate: Uint8Array): readonly { tag: number; value: string | ArrayBuffer }[] | undefined;
  decodeExtension(certificate: Uint8Array, identifier: readonly number[]): ArrayBuffer | undefined;
};
export default X509;
