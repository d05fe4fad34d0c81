/** The part of the SDK's module `ssl/constants` that is used. */
export declare const AES: number;
export declare const ECDHE_RSA: number;
export declare const GCM: number;
export declare const SHA256: number;
