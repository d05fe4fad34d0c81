/** The part of the SDK's module `ssl/session` that is used. */
import type { PublicKey } from "x509";

/** A TCP socket that remembers how many bytes can be read and written. */
export interface Stream {
  readable: number;
  writable: number;
  read(buffer: Uint8Array): void;
  write(bytes: Uint8Array): unknown;
}
/** One handshake message, or another kind of record. */
export interface Protocol {
  readonly name: string;
  packetize(session: Session, parameter?: unknown, further?: unknown): Uint8Array | undefined;
}
declare class Session {
  /** `certificates` is the object that our replacement of `ssl/cert` returns. */
  constructor(options: {
    protocolVersion: number;
    serverName?: string;
    certificates: object;
    tls_max_fragment_length?: number;
    tls_elliptic_curves: readonly number[];
    tls_signature_algorithms: readonly { readonly hash: number; readonly sig: number }[];
  });
  handshakeProcess: number;
  alert: { readonly description: number } | undefined;
  clientCipher: object | null;
  serverCipher: object | null;
  masterSecret: ArrayBuffer | undefined;
  certificateManager: { getKey(): PublicKey } | undefined;
  handshakeDigests: { readonly SHA256: { close(goesOn: boolean): ArrayBuffer } };
  initiateHandshake(): void;
  handshake(stream: Stream): boolean;
  /** undefined: no complete record. null: the peer has said goodbye. */
  read(stream: Stream): Uint8Array | null | undefined;
  write(stream: Stream, bytes: Uint8Array): number;
  /** Makes a packet from the parameter, by the protocol, and sends it. */
  doProtocol(stream: Stream, protocol: Protocol, parameter?: unknown, further?: unknown): void;
  readPacket(stream: Stream): ArrayBuffer | undefined;
}
export default Session;
