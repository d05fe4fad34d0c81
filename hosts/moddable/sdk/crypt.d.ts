/** What is used of the SDK's module `crypt`. */
export declare class Digest {
  constructor(type: "SHA256" | "SHA384" | "SHA512");
  write(bytes: ArrayBuffer): void;
  close(): ArrayBuffer;
}
