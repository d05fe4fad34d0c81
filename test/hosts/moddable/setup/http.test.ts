import { describe, expect, it } from "vitest";
import { type HttpInput, HttpReader, httpHead } from "../../../../hosts/moddable/setup/http.ts";
import { integerBetween, seededRandom } from "../../../random.ts";

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** What the server reads from these bytes, which come in pieces of this length. */
function read(text: string, length = text.length): HttpInput {
  const reader = new HttpReader();
  const bytes = bytesOf(text);
  for (let at = 0; at < bytes.length; at += length) {
    const input = reader.handleBytes(bytes.subarray(at, at + length));
    if (input !== undefined) return input;
  }
  return undefined;
}

const GET = "GET /state?x=1 HTTP/1.1\r\nHost: 192.168.4.1:80\r\nAccept: */*\r\nX-Name: gr\xfcn\r\n\r\n";
const POST =
  'POST /try HTTP/1.1\r\nhost:Connectivitycheck.Example\r\nContent-Type: Application/JSON; charset=utf-8\r\ncontent-length: 7\r\n\r\n{"a":1}';

const GOT = { method: "GET", path: "/state", host: "192.168.4.1", contentType: "", body: new Uint8Array(0) };
const POSTED = {
  method: "POST",
  path: "/try",
  host: "connectivitycheck.example",
  contentType: "application/json",
  body: bytesOf('{"a":1}'),
};

describe("a request", () => {
  it.each([
    ["GET", GET, GOT],
    ["POST", POST, POSTED],
  ])("of %s is read whole, byte by byte, cut at every byte, and with more behind it", (_, text, request) => {
    expect(read(text)).toEqual(request);
    expect(read(text, 1)).toEqual(request);
    for (let cut = 1; cut < text.length; cut += 1) {
      const reader = new HttpReader();
      expect(reader.handleBytes(bytesOf(text.slice(0, cut)))).toBeUndefined();
      expect(reader.handleBytes(bytesOf(text.slice(cut)))).toEqual(request);
    }
    expect(read(`${text}GET / HTTP/1.1\r\n\r\n`)).toEqual(request);
  });

  it("may have empty lines before it, line feeds alone, no host, and a target in absolute form", () => {
    expect(read("\r\n\nGET / HTTP/1.0\n\n")).toMatchObject({ path: "/", host: "" });
    expect(
      read("GET http://captive.example/hotspot-detect.html HTTP/1.1\r\nHost: captive.example\r\n\r\n"),
    ).toMatchObject({
      path: "/hotspot-detect.html",
      host: "captive.example",
    });
  });

  it.each([
    ["GET /\r\n\r\n", 400],
    ["GET / HTTP/1.1 x\r\n\r\n", 400],
    ["G(T / HTTP/1.1\r\n\r\n", 400],
    ["GET  HTTP/1.1\r\n\r\n", 400],
    ["GET state HTTP/1.1\r\n\r\n", 400],
    ["GET http://host HTTP/1.1\r\n\r\n", 400],
    ["GET / FTP/1.1\r\n\r\n", 400],
    ["GET / HTTP/2.0\r\n\r\n", 505],
    ["GET / HTTP/1.1\r\nHost\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nContent-Length: 20481\r\n\r\n", 413],
    ["POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 413],
    ["POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501],
    [`GET /${"x".repeat(2_048)}`, 431],
    [`GET / HTTP/1.1\r\n${"x: y\r\n".repeat(400)}`, 431],
  ])("%j gets %i", (text, status) => {
    expect(read(text)).toBe(status);
    expect(read(text, 1)).toBe(status);
  });

  it("is read up to its limits, and refused one byte above", () => {
    const head = (length: number) => `GET / HTTP/1.1\r\nx: ${"y".repeat(length - 23)}\r\n\r\n`;
    expect(head(2_048)).toHaveLength(2_048);
    expect(read(head(2_048))).toMatchObject({ path: "/" });
    expect(read(head(2_049))).toBe(431);
    const body = read(`POST / HTTP/1.1\r\nContent-Length: 20480\r\n\r\n${"b".repeat(20_480)}`, 512);
    expect(body).toMatchObject({ body: { length: 20_480 } });
  });

  it("of random bytes, or with one byte changed, is complete or waits for more, and throws nothing", () => {
    const random = seededRandom(11);
    for (let round = 0; round < 2_000; round += 1) {
      const bytes = bytesOf(round % 2 ? POST : GET);
      for (let change = integerBetween(random, 1, 4); change > 0; change -= 1)
        bytes[integerBetween(random, 0, bytes.length - 1)] = integerBetween(random, 0, 255);
      const input = new HttpReader().handleBytes(bytes);
      if (typeof input === "number") expect([400, 413, 431, 501, 505]).toContain(input);
      else if (input) expect(input.path).toMatch(/^\//);
    }
  });
});

it("an answer states its status, its length and that the connection ends", () => {
  expect(httpHead({ status: 302, location: "http://192.168.4.1/" })).toBe(
    "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nCache-Control: no-store\r\nConnection: close\r\nLocation: http://192.168.4.1/\r\n\r\n",
  );
  const body = new ArrayBuffer(7);
  expect(httpHead({ status: 200, contentType: "application/json", body })).toContain("Content-Length: 7\r\n");
});
