/**
 * The server's side of TLS 1.2 over a socket, with ECDHE and AES-128-GCM (RFC 5246, RFC 5288, RFC 8422). A test calls it step by
 * step, and can break the rules at each step. It checks only the proofs of the client.
 */
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import type { Socket } from "node:net";
import type { Identity } from "./x509-maker.ts";

export const RECORD = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23 } as const;
export const MESSAGE = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

const CIPHERS = { ec: 0xc02b, rsa: 0xc02f };
const CURVES = { 23: "prime256v1", 24: "secp384r1" } as const;
/** Extension of ServerHello: this is the first handshake (RFC 5746, section 3.6). OpenSSL does not go on without it. */
const SAFE = Buffer.from("0005ff01000100", "hex");
const NONCE_BYTES = 8;
const TAG_BYTES = 16;
const KEY_BYTES = 16;
const SALT_BYTES = 4;
const VERIFY_BYTES = 12;

interface Keys {
  readonly key: Buffer;
  readonly salt: Buffer;
  sequence: bigint;
}

export interface RecordOptions {
  readonly version?: number;
  /** A wrong length for the header. */
  readonly length?: number;
  /** The record gets a wrong authentication tag. */
  readonly isDamaged?: boolean;
}

export class ScriptedTls {
  /** All bytes that the client has sent. */
  readonly #received: Buffer[] = [];
  readonly #socket: Socket;
  readonly #chain: readonly Identity[];
  #pending: Buffer = Buffer.alloc(0);
  #hasEnded = false;
  #wake = () => {};
  #transcript: Buffer[] = [];
  #session: Buffer = Buffer.alloc(0);
  #clientRandom: Buffer = Buffer.alloc(0);
  readonly #serverRandom = randomBytes(32);
  #ecdh = createECDH("prime256v1");
  #curve: keyof typeof CURVES = 23;
  #secret: Buffer = Buffer.alloc(0);
  #toClient: Keys | undefined;
  #fromClient: Keys | undefined;
  #messages: { readonly type: number; readonly body: Buffer }[] = [];

  /** @param chain the certificates that it shows. It uses the key of the first one. */
  constructor(socket: Socket, chain: readonly Identity[]) {
    this.#socket = socket;
    this.#chain = chain;
    const end = () => {
      this.#hasEnded = true;
      this.#wake();
    };
    socket
      .on("error", () => {})
      .on("end", end)
      .on("close", end)
      .on("data", (bytes) => {
        this.#received.push(bytes);
        this.#pending = Buffer.concat([this.#pending, bytes]);
        this.#wake();
      });
  }

  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  /** A whole correct handshake. */
  async handshake(): Promise<void> {
    await this.hello();
    await this.clientFlight();
    this.finish();
  }

  /** Reads ClientHello and sends the whole answer. */
  async hello(): Promise<void> {
    await this.clientHello();
    this.serverHello();
    this.certificate();
    this.serverKeyExchange();
    this.serverHelloDone();
  }

  finish(): void {
    this.changeCipherSpec();
    this.finished();
  }

  async clientHello(): Promise<void> {
    const body = await this.#message(MESSAGE.clientHello);
    this.#clientRandom = body.subarray(2, 34);
    this.#session = body.subarray(35, 35 + (body[34] ?? 0));
  }

  /** Accepts the session that the client offers, without knowing its secret. */
  async pretendToResume(): Promise<void> {
    await this.clientHello();
    if (this.#session.length === 0) throw new Error("the client offers no session");
    const [version, random] = [Buffer.of(3, 3), this.#serverRandom];
    const head = Buffer.concat([version, random, Buffer.of(this.#session.length), this.#session]);
    this.message(MESSAGE.serverHello, Buffer.concat([head, twoBytes(CIPHERS[this.#keyKind]), Buffer.of(0), SAFE]));
    this.#secret = randomBytes(48);
    this.finish();
  }

  /** Reads ClientKeyExchange, CertificateVerify if a certificate was asked for, ChangeCipherSpec and Finished. */
  async clientFlight(): Promise<void> {
    const exchange = await this.#message(MESSAGE.clientKeyExchange);
    const shared = this.#ecdh.computeSecret(exchange.subarray(1));
    this.#secret = prf(shared, "master secret", Buffer.concat([this.#clientRandom, this.#serverRandom]), 48);
    const change = await this.#record();
    if (change.type !== RECORD.changeCipherSpec) throw new Error(`a record of type ${change.type}, expected 20`);
    this.#fromClient = this.#keys("client");
    const expected = this.#verifyData("client finished");
    const finished = await this.#message(MESSAGE.finished);
    if (!finished.equals(expected)) throw new Error("the client's Finished does not fit");
  }

  serverHello({
    version = 0x303,
    cipher,
    compression = 0,
  }: {
    version?: number;
    cipher?: number;
    compression?: number;
  } = {}): void {
    this.message(MESSAGE.serverHello, this.serverHelloBody({ version, cipher, compression }));
  }

  serverHelloBody({
    version = 0x303,
    cipher,
    compression = 0,
  }: {
    version?: number;
    cipher?: number | undefined;
    compression?: number;
  } = {}): Buffer {
    const chosen = cipher ?? CIPHERS[this.#keyKind];
    return Buffer.concat([
      twoBytes(version),
      this.#serverRandom,
      Buffer.of(0),
      twoBytes(chosen),
      Buffer.of(compression),
      SAFE,
    ]);
  }

  certificate(certificates: readonly Buffer[] = this.#chain.map(({ der }) => der)): void {
    this.message(MESSAGE.certificate, this.certificateBody(certificates));
  }

  certificateBody(certificates: readonly Buffer[] = this.#chain.map(({ der }) => der)): Buffer {
    const list = Buffer.concat(certificates.flatMap((der) => [threeBytes(der.length), der]));
    return Buffer.concat([threeBytes(list.length), list]);
  }

  /** @param change changes the body after it was signed */
  serverKeyExchange(
    { hash = 4, curve = 23, point }: { hash?: 4 | 5; curve?: keyof typeof CURVES; point?: Buffer } = {},
    change: (body: Buffer) => Buffer = (body) => body,
  ): void {
    this.#curve = curve;
    this.#ecdh = createECDH(CURVES[this.#curve]);
    const own = this.#ecdh.generateKeys();
    const shown = point ?? own;
    const parameters = Buffer.concat([Buffer.of(3), twoBytes(curve), Buffer.of(shown.length), shown]);
    const signed = Buffer.concat([this.#clientRandom, this.#serverRandom, parameters]);
    const signature = sign(hash === 4 ? "sha256" : "sha384", signed, this.#leaf.key);
    const algorithm = Buffer.of(hash, this.#keyKind === "ec" ? 3 : 1);
    this.message(
      MESSAGE.serverKeyExchange,
      change(Buffer.concat([parameters, algorithm, twoBytes(signature.length), signature])),
    );
  }

  serverHelloDone(): void {
    this.message(MESSAGE.serverHelloDone, Buffer.alloc(0));
  }

  changeCipherSpec(content = Buffer.of(1)): void {
    this.record(RECORD.changeCipherSpec, content);
    if (this.#secret.length > 0) this.#toClient = this.#keys("server");
  }

  finished(change: (body: Buffer) => Buffer = (body) => body): void {
    this.message(MESSAGE.finished, change(this.#verifyData("server finished")));
  }

  alert(level: 1 | 2, description: number): void {
    this.record(RECORD.alert, Buffer.of(level, description));
  }

  /** Sends one handshake message in a record of its own. */
  message(type: number, body: Buffer): void {
    this.record(RECORD.handshake, this.say(type, body));
  }

  /** Returns the bytes of a handshake message without sending them. They count for Finished. */
  say(type: number, body: Buffer): Buffer {
    const bytes = Buffer.concat([Buffer.of(type), threeBytes(body.length), body]);
    this.#transcript.push(bytes);
    return bytes;
  }

  /** Sends a record. It is encrypted as soon as the keys are in force. */
  record(type: number, content: Buffer, { version = 0x303, length, isDamaged }: RecordOptions = {}): void {
    const fragment = this.#toClient ? this.#encrypt(this.#toClient, type, content) : content;
    if (isDamaged) fragment.writeUInt8((fragment.at(-1) ?? 0) ^ 1, fragment.length - 1);
    this.raw(Buffer.concat([Buffer.of(type), twoBytes(version), twoBytes(length ?? fragment.length), fragment]));
  }

  raw(bytes: Uint8Array | string): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /** Ends the stream, without an alert. */
  hangUp(): void {
    this.#socket.end();
  }

  /** Reads the content of the next record of application data. */
  async data(): Promise<Buffer> {
    const { type, content } = await this.#record();
    if (type !== RECORD.data) throw new Error(`a record of type ${type}, expected application data`);
    return content;
  }

  get #leaf(): Identity {
    return this.#chain[0] as Identity;
  }

  get #keyKind(): "ec" | "rsa" {
    return new X509Certificate(this.#leaf.der).publicKey.asymmetricKeyType === "rsa" ? "rsa" : "ec";
  }

  /** Reads the body of the next handshake message. Throws if it has another type. */
  async #message(type: number): Promise<Buffer> {
    while (this.#messages.length === 0) {
      const record = await this.#record();
      if (record.type === RECORD.alert) throw new Error(`the client's alert ${record.content.toString("hex")}`);
      if (record.type !== RECORD.handshake) throw new Error(`a record of type ${record.type}, expected a handshake`);
      for (let at = 0; at < record.content.length; ) {
        const length = record.content.readUIntBE(at + 1, 3);
        const bytes = record.content.subarray(at, at + 4 + length);
        this.#messages.push({ type: bytes[0] ?? 0, body: bytes.subarray(4) });
        this.#transcript.push(bytes);
        at += bytes.length;
      }
    }
    const message = this.#messages.shift();
    if (message?.type !== type) throw new Error(`handshake message ${message?.type}, expected ${type}`);
    return message.body;
  }

  async #record(): Promise<{ readonly type: number; readonly content: Buffer }> {
    await this.#bytes(5);
    const length = this.#pending.readUInt16BE(3);
    await this.#bytes(5 + length);
    const type = this.#pending[0] ?? 0;
    const fragment = this.#pending.subarray(5, 5 + length);
    this.#pending = this.#pending.subarray(5 + length);
    return { type, content: this.#fromClient ? this.#decrypt(this.#fromClient, type, fragment) : fragment };
  }

  async #bytes(count: number): Promise<void> {
    while (this.#pending.length < count) {
      if (this.#hasEnded) throw new Error("the client has ended the connection");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #keys(side: "client" | "server"): Keys {
    const block = prf(
      this.#secret,
      "key expansion",
      Buffer.concat([this.#serverRandom, this.#clientRandom]),
      2 * (KEY_BYTES + SALT_BYTES),
    );
    const index = side === "client" ? 0 : 1;
    const salts = block.subarray(2 * KEY_BYTES);
    return {
      key: block.subarray(index * KEY_BYTES, (index + 1) * KEY_BYTES),
      salt: salts.subarray(index * SALT_BYTES, (index + 1) * SALT_BYTES),
      sequence: 0n,
    };
  }

  #verifyData(label: string): Buffer {
    const digest = createHash("sha256").update(Buffer.concat(this.#transcript)).digest();
    return prf(this.#secret, label, digest, VERIFY_BYTES);
  }

  #encrypt(keys: Keys, type: number, content: Buffer): Buffer {
    const nonce = Buffer.alloc(NONCE_BYTES);
    nonce.writeBigUInt64BE(keys.sequence);
    const cipher = createCipheriv("aes-128-gcm", keys.key, Buffer.concat([keys.salt, nonce]));
    cipher.setAAD(additionalData(keys, type, content.length));
    return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  }

  #decrypt(keys: Keys, type: number, fragment: Buffer): Buffer {
    const nonce = fragment.subarray(0, NONCE_BYTES);
    const content = fragment.subarray(NONCE_BYTES, fragment.length - TAG_BYTES);
    const cipher = createDecipheriv("aes-128-gcm", keys.key, Buffer.concat([keys.salt, nonce]));
    cipher.setAAD(additionalData(keys, type, content.length));
    cipher.setAuthTag(fragment.subarray(fragment.length - TAG_BYTES));
    return Buffer.concat([cipher.update(content), cipher.final()]);
  }
}

/** The additional data of the authentication. Counts the record. */
function additionalData(keys: Keys, type: number, length: number): Buffer {
  const bytes = Buffer.alloc(13);
  bytes.writeBigUInt64BE(keys.sequence, 0);
  bytes.writeUInt8(type, 8);
  bytes.writeUInt16BE(0x303, 9);
  bytes.writeUInt16BE(length, 11);
  keys.sequence += 1n;
  return bytes;
}

/** P_SHA256 (RFC 5246, section 5). */
function prf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const hmac = (...parts: Buffer[]) => createHmac("sha256", secret).update(Buffer.concat(parts)).digest();
  const start = Buffer.concat([Buffer.from(label), seed]);
  let chain = start;
  let bytes = Buffer.alloc(0);
  while (bytes.length < length) {
    chain = hmac(chain);
    bytes = Buffer.concat([bytes, hmac(chain, start)]);
  }
  return bytes.subarray(0, length);
}

function twoBytes(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}

function threeBytes(value: number): Buffer {
  return Buffer.of(value >> 16, (value >> 8) & 0xff, value & 0xff);
}
