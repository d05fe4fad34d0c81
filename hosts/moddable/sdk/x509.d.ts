/** The part of the SDK's module `x509` that is used. */
import type { Point } from "curve";

export interface PublicKey {
  readonly modulus?: bigint;
  readonly exponent?: bigint;
  readonly curve?: { readonly n: bigint };
  readonly pub?: Point;
}
declare const X509: {
  decode(certificate: Uint8Array): { tbs: Uint8Array; algo: Uint32Array; sig: Uint8Array };
  decodeTBS(tbs: Uint8Array): { validity: { from: number; to: number } };
  decodeSPKI(certificate: Uint8Array): PublicKey;
  decodeSAN(certificate: Uint8Array): readonly { tag: number; value: string | ArrayBuffer }[] | undefined;
};
export default X509;
