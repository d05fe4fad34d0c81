/** What is used of the SDK's module `ssl/session`. */
import type { PublicKey } from "x509";

/** A TCP socket that remembers how many bytes may be read and written. */
export interface Stream {
  readable: number;
  writable: number;
  read(buffer: Uint8Array): void;
  write(bytes: Uint8Array): unknown;
}
declare class Session {
  /** `certificates` is what our stand-in of `ssl/cert` gives. */
  constructor(options: { protocolVersion: number; serverName?: string; certificates: object });
  handshakeProcess: number;
  alert: { readonly description: number } | undefined;
  clientCipher: object | null;
  serverCipher: object | null;
  masterSecret: ArrayBuffer | undefined;
  certificateManager: { getKey(): PublicKey } | undefined;
  initiateHandshake(): void;
  handshake(stream: Stream): boolean;
  /** undefined: no whole record; null: the peer has said goodbye. */
  read(stream: Stream): Uint8Array | null | undefined;
  write(stream: Stream, bytes: Uint8Array): number;
  readPacket(stream: Stream): ArrayBuffer | undefined;
}
export default Session;
