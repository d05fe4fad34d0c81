/**
 * HTTP/1.1 for a server of one page (RFC 9112): a request is read from pieces of bytes, an answer is made of a body. Each connection
 * has one request. What is too long or not well-formed gets an answer of 4xx or 5xx.
 */

/** Bytes of the request line and the headers together. Browsers send some 500. */
const HEAD_BYTES_MAX = 2_048;

/** Bytes of a body. It holds the settings of the page, with certificates and a key. */
const BODY_BYTES_MAX = 20_480;

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

export interface HttpRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  /** In small letters, without its port; empty where the request names none. */
  readonly host: string;
  /** In small letters, without parameters. */
  readonly contentType: string;
  readonly body: Uint8Array;
}

export type HttpStatus = keyof typeof REASONS;

const REASONS = Object.freeze({
  200: "OK",
  202: "Accepted",
  302: "Found",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  505: "HTTP Version Not Supported",
} as const);

/** undefined: more bytes are needed. A number: the status that the request deserves. */
export type HttpInput = HttpRequest | HttpStatus | undefined;

export class HttpReader {
  private readonly head = new Uint8Array(HEAD_BYTES_MAX);
  private headLength = 0;
  private partial: Omit<HttpRequest, "body"> | undefined;
  private body = new Uint8Array(0);
  private bodyLength = 0;

  /** Takes the next bytes. After a request or a status it is not called again. */
  handleBytes(bytes: Uint8Array): HttpInput {
    let at = 0;
    for (; !this.partial && at < bytes.length; at += 1) {
      const status = this.handleHeadByte(bytes[at] as number);
      if (status !== undefined) return status;
    }
    if (!this.partial) return undefined;
    const length = Math.min(bytes.length - at, this.body.length - this.bodyLength);
    this.body.set(bytes.subarray(at, at + length), this.bodyLength);
    this.bodyLength += length;
    return this.bodyLength === this.body.length ? { ...this.partial, body: this.body } : undefined;
  }

  private handleHeadByte(byte: number): HttpStatus | undefined {
    const { head, headLength: at } = this;
    // Empty lines before a request are passed over (2.2).
    if (at === 0 && (byte === CARRIAGE_RETURN || byte === LINE_FEED)) return undefined;
    if (at === HEAD_BYTES_MAX) return 431;
    head[at] = byte;
    this.headLength = at + 1;
    if (byte !== LINE_FEED) return undefined;
    const isEnd = head[at - 1] === LINE_FEED || (head[at - 1] === CARRIAGE_RETURN && head[at - 2] === LINE_FEED);
    return isEnd ? this.parseHead() : undefined;
  }

  private parseHead(): HttpStatus | undefined {
    const lines = asciiOf(this.head.subarray(0, this.headLength)).split("\n");
    const [method = "", target = "", version = "", ...rest] = trimmed(lines[0] as string).split(" ");
    if (!isToken(method) || target === "" || rest.length > 0 || !version.startsWith("HTTP/")) return 400;
    if (version !== "HTTP/1.1" && version !== "HTTP/1.0") return 505;
    const headers = new Map<string, string>();
    for (const line of lines.slice(1)) {
      const text = trimmed(line);
      if (text === "") continue;
      const colon = text.indexOf(":");
      const name = text.slice(0, Math.max(0, colon)).toLowerCase();
      // A line that begins with a blank would go on with the one before it (5.2).
      if (!isToken(name)) return 400;
      // Two lengths or two hosts are a sign of an attack (6.3, 3.2).
      if (headers.has(name) && (name === "content-length" || name === "host")) return 400;
      headers.set(name, text.slice(colon + 1).trim());
    }
    if (headers.has("transfer-encoding")) return 501;
    const length = headers.get("content-length") ?? "0";
    for (const digit of length) if (digit < "0" || digit > "9") return 400;
    if (length === "") return 400;
    if (Number(length) > BODY_BYTES_MAX) return 413;
    this.body = new Uint8Array(Number(length));
    const path = pathOf(target);
    if (path === undefined) return 400;
    const host = (headers.get("host") ?? "").toLowerCase().split(":")[0] as string;
    const contentType = (headers.get("content-type") ?? "").toLowerCase().split(";")[0] as string;
    this.partial = { method, path, host, contentType: contentType.trim() };
    return undefined;
  }
}

/** What an answer holds. An `ArrayBuffer` is one; so is a resource in flash. */
export interface HttpBody {
  readonly byteLength: number;
  slice(begin: number, end: number): ArrayBuffer;
}

export interface HttpAnswer {
  readonly status: HttpStatus;
  readonly contentType?: string;
  readonly location?: string;
  readonly body?: HttpBody;
}

/** The bytes before the body of an answer, as text of ASCII. The connection ends after the answer. */
export function httpHead({ status, contentType, location, body }: HttpAnswer): string {
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    `Content-Length: ${body?.byteLength ?? 0}`,
    "Cache-Control: no-store",
    "Connection: close",
  ];
  if (contentType !== undefined) lines.push(`Content-Type: ${contentType}`, "X-Content-Type-Options: nosniff");
  if (location !== undefined) lines.push(`Location: ${location}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** The path of a target in origin form or in absolute form (3.2), without its query. */
function pathOf(target: string): string | undefined {
  const path = target.startsWith("http://") ? target.slice(target.indexOf("/", 7)) : target;
  return path.startsWith("/") ? (path.split("?")[0] as string) : undefined;
}

/** A byte above 0x7F becomes some other character. It can only stand in the value of a header that is not read. */
function asciiOf(bytes: Uint8Array): string {
  let text = "";
  // A call with more arguments than the stack of a board has slots would end the program.
  for (let at = 0; at < bytes.length; at += 32) text += String.fromCharCode(...bytes.subarray(at, at + 32));
  return text;
}

function trimmed(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** Names of methods and headers (RFC 9110, 5.6.2). */
function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}
