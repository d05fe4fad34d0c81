import { beforeEach, describe, expect, it } from "vitest";
import { HTTP_HEAD_BYTES_MAX } from "../../src/limits.ts";
import { DownloadError, HttpDownload, Restarted } from "../../src/update/http-download.ts";

const address = { isSecure: true, host: "station.example", port: 8443, path: "/images/a.fpui" };
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

let download: HttpDownload;
beforeEach(() => {
  download = new HttpDownload(address, "Fieldpager/1.2.0 (m5stack)");
  download.request();
});

const answer = (status: string, fields: readonly string[], body = "") =>
  bytesOf(`HTTP/1.1 ${status}\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n${body}`);

const refused = (bytes: Uint8Array) => {
  try {
    download.handleBytes(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(DownloadError);
    return error as DownloadError;
  }
  throw new Error("it was taken");
};

describe("a download", () => {
  it("asks for the file", () => {
    const request = textOf(new HttpDownload(address, "Fieldpager/1.2.0 (m5stack)").request());
    expect(request).toBe(
      "GET /images/a.fpui HTTP/1.1\r\nHost: station.example:8443\r\nUser-Agent: Fieldpager/1.2.0 (m5stack)\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
    );
    const usual = textOf(new HttpDownload({ ...address, port: 443 }, "x").request());
    expect(usual).toContain("Host: station.example\r\n");
  });

  it.each([1, 2, 7, 1000])("takes an answer in pieces of %i bytes", (size) => {
    const bytes = answer("200 OK", ["Content-Length: 10", "Content-Type: application/octet-stream"], "0123456789");
    let body = "";
    for (let at = 0; at < bytes.length; at += size) body += textOf(download.handleBytes(bytes.subarray(at, at + size)));
    expect(body).toBe("0123456789");
    expect(download).toMatchObject({ isComplete: true, received: 10, total: 10 });
    expect(refused(bytesOf("x")).message).toMatch(/more than the 10 bytes/);
  });

  it("asks for the rest after a loss, with the file's strong tag", () => {
    download.handleBytes(answer("200 OK", ["content-length: 10", 'ETag: "a1"'], "0123"));
    const request = textOf(download.request());
    expect(request).toContain("Range: bytes=4-\r\n");
    expect(request).toContain('If-Range: "a1"\r\n');
    const rest = answer("206 Partial Content", ["content-length: 6", "content-range: bytes 4-9/10"], "456789");
    expect(textOf(download.handleBytes(rest))).toBe("456789");
    expect(download.isComplete).toBe(true);
  });

  it.each([
    ["another part", "bytes 3-9/10", 7],
    ["an end that is not the file's", "bytes 4-8/10", 5],
    ["another file", "bytes 4-9/11", 6],
    ["another length", "bytes 4-9/10", 5],
    ["nothing said", "", 6],
  ])("refuses %s in the place of the rest", (_name, range, length) => {
    download.handleBytes(answer("200 OK", ["content-length: 10"], "0123"));
    download.request();
    const rest = answer("206 Partial Content", [`content-length: ${length}`, `content-range: ${range}`]);
    expect(refused(rest).message).toMatch(/another part/);
  });

  it("begins again if the server sends the file from its beginning", () => {
    download.handleBytes(answer("200 OK", ["content-length: 10", 'etag: W/"a1"'], "0123"));
    expect(textOf(download.request())).not.toContain("If-Range");
    expect(refused(answer("200 OK", ["content-length: 12"], "ab"))).toBeInstanceOf(Restarted);
    download.begin();
    expect(textOf(download.request())).not.toContain("Range");
    download.handleBytes(answer("200 OK", ["content-length: 2"], "ab"));
    expect(download.isComplete).toBe(true);
  });

  it.each([
    ["301 Moved", ["location: https://elsewhere/"], /elsewhere \(status 301\)/, false],
    ["404 Not Found", ["content-length: 0"], /status 404/, false],
    ["206 Partial Content", ["content-length: 1", "content-range: bytes 0-0/1"], /status 206/, false],
    ["503 Service Unavailable", ["content-length: 0"], /status 503/, true],
    ["429 Too Many Requests", [], /status 429/, true],
    ["200 OK", [], /does not tell the length/, false],
    ["200 OK", ["content-length: 1x"], /does not tell the length/, false],
    ["200 OK", ["content-length: 4294967296"], /does not tell the length/, false],
    ["200 OK", ["content-length: 1", "content-length: 2"], /content-length twice/, false],
    ["200 OK", ["content-length: 1", "transfer-encoding: chunked"], /does not tell the length/, false],
    ["200 OK", ["content-length: 1", "content-encoding: gzip"], /as gzip/, false],
    ["200 OK", ["no field"], /malformed field/, false],
    ["200 OK", [" content-length: 1"], /malformed field/, false],
    ["2000 OK", [], /no HTTP/, false],
  ] as const)("refuses %s with %j", (status, fields, message, isPassing) => {
    const error = refused(answer(status, fields));
    expect(error.message).toMatch(message);
    expect(error.isPassing).toBe(isPassing);
  });

  it("refuses an answer that is no HTTP, and a head without an end", () => {
    expect(refused(Uint8Array.of(0x16, 3, 3, 0)).message).toMatch(/no HTTP/);
    download.request();
    expect(refused(bytesOf("SSH-2.0-x\r\n\r\n")).message).toMatch(/no HTTP/);
    download.request();
    const line = bytesOf(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(HTTP_HEAD_BYTES_MAX)}`);
    expect(download.handleBytes(line.subarray(0, HTTP_HEAD_BYTES_MAX))).toHaveLength(0);
    expect(refused(line.subarray(HTTP_HEAD_BYTES_MAX)).message).toMatch(/more than 4096 bytes/);
  });
});
