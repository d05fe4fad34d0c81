import type { ScriptedTls } from "./scripted-tls.ts";

/** What a hostile or broken server does to a client of TLS 1.2, and what the client has to make of it. */
export interface HostileCase {
  readonly what: string;
  /** Plays until it is done; what comes after it is silence, until the client ends the connection. */
  play(server: ScriptedTls): void | Promise<void>;
  /** What a device says. */
  readonly said: RegExp;
  /** What Node says; default: anything, as OpenSSL has other words; `waits`: OpenSSL is content, and waits for more. */
  readonly saidOnNode?: RegExp | "waits";
}

/** CONNACK of MQTT 3.1.1: what must not get through where it does not belong. */
export const CONNACK = Buffer.from("20020000", "hex");

/** What a device says when the server is gone in the handshake, and of what the SDK finds wrong. */
export const CLOSED = /^closed by the peer in the TLS handshake$/;
export const WRONG = /^TLS: what the broker sends is wrong/;
