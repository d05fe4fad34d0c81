/** The part of the SDK's module `crypt` that is used. */
export declare class BlockCipher {
  constructor(cipher: "AES", key: ArrayBuffer);
  encrypt(block: ArrayBuffer): ArrayBuffer;
}

export declare class Digest {
  constructor(type: "SHA256" | "SHA384" | "SHA512");
  write(bytes: ArrayBuffer): void;
  close(): ArrayBuffer;
}
