/** The part of the SDK's module `ber` that is used. */
declare class BER {
  constructor(bytes: Uint8Array);
  getSequence(): Uint8Array;
  getInteger(): bigint;
}
export default BER;
