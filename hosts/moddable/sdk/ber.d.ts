/** What is used of the SDK's module `ber`. */
declare class BER {
  constructor(bytes: Uint8Array);
  getSequence(): Uint8Array;
  getInteger(): bigint;
}
export default BER;
