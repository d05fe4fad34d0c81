/**
 * The download of one file over HTTP/1.1 (RFC 9110, RFC 9112), one request a connection. After a loss of the connection it goes on where
 * it was (RFC 9110, section 14.2). It follows no redirect, and takes no file whose length it is not told.
 */
import { HTTP_HEAD_BYTES_MAX } from "../limits.ts";
import { encodeUtf8 } from "../utf8.ts";
import type { ImageAddress } from "./address.ts";

/** A server's answer that ends the attempt. */
export class DownloadError extends Error {
  /** Another attempt may succeed. */
  readonly isPassing: boolean;

  constructor(problem: string, isPassing = false) {
    super(problem);
    this.isPassing = isPassing;
  }
}

const OK = 200;
const PARTIAL_CONTENT = 206;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

/** Longest entity tag that is sent back. A longer one is not used. */
const TAG_LENGTH_MAX = 128;

const CR = 13;
const LF = 10;

export class HttpDownload {
  private readonly address: ImageAddress;
  private readonly agent: string;
  private length: number | undefined;
  private tag: string | undefined;
  private head = "";
  private isInBody = false;
  private receivedBytes = 0;

  /** @param agent names this device to the server */
  constructor(address: ImageAddress, agent: string) {
    this.address = address;
    this.agent = agent;
  }

  /** How many bytes of the file have come. */
  get received(): number {
    return this.receivedBytes;
  }

  /** Length of the whole file. undefined: the server has not told it. */
  get total(): number | undefined {
    return this.length;
  }

  get isComplete(): boolean {
    return this.length !== undefined && this.receivedBytes === this.length;
  }

  /** Returns the request for what is missing, for a new connection. */
  request(): Uint8Array {
    this.head = "";
    this.isInBody = false;
    const { host, port, path, isSecure } = this.address;
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${port === (isSecure ? 443 : 80) ? host : `${host}:${port}`}`,
      `User-Agent: ${this.agent}`,
      "Accept-Encoding: identity",
      "Connection: close",
    ];
    if (this.receivedBytes > 0) lines.push(`Range: bytes=${this.receivedBytes}-`);
    if (this.receivedBytes > 0 && this.tag !== undefined) lines.push(`If-Range: ${this.tag}`);
    return encodeUtf8(`${lines.join("\r\n")}\r\n\r\n`);
  }

  /**
   * Takes bytes of the answer. Returns those that belong to the file, a view that may be empty. Throws `DownloadError`.
   */
  handleBytes(bytes: Uint8Array): Uint8Array {
    const from = this.isInBody ? 0 : this.readHead(bytes);
    const body = bytes.subarray(from);
    const left = (this.length ?? 0) - this.receivedBytes;
    if (body.length > left)
      throw new DownloadError(`the server sends more than the ${this.length} bytes that it announced`);
    this.receivedBytes += body.length;
    return body;
  }

  /** Forgets what has come, as when the file has changed. */
  begin(): void {
    this.length = undefined;
    this.tag = undefined;
    this.receivedBytes = 0;
  }

  /** Returns where the body begins, or the length of the bytes if it has not begun. */
  private readHead(bytes: Uint8Array): number {
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (this.head.length === HTTP_HEAD_BYTES_MAX)
        throw new DownloadError(`the head of the answer has more than ${HTTP_HEAD_BYTES_MAX} bytes`);
      if (byte !== CR && byte !== LF && (byte < 0x20 || byte > 0x7e) && byte !== 9)
        throw new DownloadError("the answer is no HTTP");
      this.head += String.fromCharCode(byte);
      if (!this.head.endsWith("\r\n\r\n")) continue;
      this.readFields(this.head.slice(0, -4).split("\r\n"));
      this.head = "";
      this.isInBody = true;
      return at + 1;
    }
    return bytes.length;
  }

  private readFields([statusLine = "", ...lines]: readonly string[]): void {
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1] ?? 0);
    if (status === 0) throw new DownloadError("the answer is no HTTP");
    const fields = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, Math.max(0, colon)).toLowerCase();
      if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) throw new DownloadError("the answer has a malformed field");
      const value = line.slice(colon + 1).trim();
      if (fields.has(name) && (name.startsWith("content-") || name === "transfer-encoding"))
        throw new DownloadError(`the answer has the field ${name} twice`);
      fields.set(name, value);
    }
    this.checkStatus(status);
    this.readLength(status, fields);
    const tag = fields.get("etag");
    // A weak tag does not promise the same bytes (RFC 9110, section 13.1.5).
    this.tag = tag?.startsWith('"') && tag.length <= TAG_LENGTH_MAX ? tag : undefined;
  }

  private checkStatus(status: number): void {
    if (status === OK || (status === PARTIAL_CONTENT && this.receivedBytes > 0)) return;
    if (status >= 300 && status < 400)
      throw new DownloadError(`the server sends elsewhere (status ${status}), which is not followed`);
    const isPassing = status === TOO_MANY_REQUESTS || status >= SERVER_ERROR;
    throw new DownloadError(`the server answers with status ${status}`, isPassing);
  }

  private readLength(status: number, fields: ReadonlyMap<string, string>): void {
    if (fields.has("transfer-encoding")) throw new DownloadError("the server does not tell the length of the file");
    if ((fields.get("content-encoding") ?? "identity") !== "identity")
      throw new DownloadError(`the server sends the file as ${fields.get("content-encoding")}`);
    const length = wholeNumber(fields.get("content-length"));
    if (length === undefined) throw new DownloadError("the server does not tell the length of the file");
    if (status === OK) {
      // The server begins anew: it knows no ranges, or the file has changed.
      if (this.receivedBytes > 0) throw new Restarted();
      this.length = length;
      return;
    }
    const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(fields.get("content-range") ?? "") ?? [];
    const isWanted =
      wholeNumber(first) === this.receivedBytes &&
      wholeNumber(total) === this.length &&
      wholeNumber(last) === (this.length ?? 0) - 1 &&
      length === (this.length ?? 0) - this.receivedBytes;
    if (!isWanted) throw new DownloadError("the server sends another part than was asked for");
  }
}

/** The server sends the file from its beginning, although some of it is here. Call `begin` and ask again. */
export class Restarted extends DownloadError {
  constructor() {
    super("the server sends the file from its beginning", true);
  }
}

/** undefined for text that is no whole number, or one above 32 bits. */
function wholeNumber(text: string | undefined): number | undefined {
  const number = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return number <= 0xffff_ffff ? number : undefined;
}
