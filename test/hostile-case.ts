import type { ScriptedTls } from "./scripted-tls.ts";

/** What a hostile or broken server does to a client of TLS 1.2, and what the client must say. */
export interface HostileCase {
  readonly what: string;
  /** Plays the server's part. The server is silent afterwards, until the client ends the connection. */
  play(server: ScriptedTls): void | Promise<void>;
  /** What a device says. */
  readonly said: RegExp;
  /** What Node says. Default: anything, because OpenSSL has other words. `waits`: OpenSSL accepts it, and waits for more. */
  readonly saidOnNode?: RegExp | "waits";
}

/** CONNACK of MQTT 3.1.1. It must not reach the client in a wrong place. */
export const CONNACK = Buffer.from("20020000", "hex");

/** What a device says if the server closes during the handshake, and if the SDK finds a mistake. */
export const CLOSED = /^closed by the peer in the TLS handshake$/;
export const WRONG = /^TLS: what the broker sends is wrong/;
