/** The station shows devices the pictures of their messages: from where it fetches them, what it draws, for whom, and its limits. */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import sharp from "sharp";
import { afterEach, describe, expect, it, vi } from "vitest";
import { localToken } from "../../../hosts/common/local-key.ts";
import { drawPicture, type Room } from "../../../hosts/station/pictures/drawn-picture.ts";
import { pictureFetcher } from "../../../hosts/station/pictures/fetch-picture.ts";
import {
  PICTURE_DECODE_SECONDS_MAX,
  PICTURE_DECODED_PIXELS_MAX,
  PICTURE_FAILURE_MS,
  PICTURE_FETCH_BYTES_MAX,
  PICTURE_FETCH_MS_MAX,
  PICTURE_REDIRECTS_MAX,
  PICTURES_FETCHING_MAX,
  PICTURES_KEPT_MAX,
  PICTURES_PER_DEVICE,
  PICTURES_TOGETHER,
  UPLOADED_BYTES_MAX,
  UPLOADED_PER_ACCOUNT_BYTES_MAX,
  UPLOADS_AT_ONCE_MAX,
  UPLOADS_PER_ACCOUNT_A_MINUTE,
} from "../../../hosts/station/shared/limits.ts";
import type { Station } from "../../../hosts/station/station.ts";
import { AllowedAddresses } from "../../../hosts/station/web/allowed-address.ts";
import { PICTURE_BYTES_MAX, PICTURE_PIECE_BYTES_MAX, PICTURE_PIECES_MAX } from "../../../src/limits.ts";
import { checkBlocks, drawBlocks } from "../../../src/pager/screen/picture-blocks.ts";
import { type PicturePiece, type PictureRequest, readPictureReply } from "../../../src/payload/message-picture.ts";
import { encodePictureRequest } from "../../../src/payload/optional/message-picture.ts";
import { Cleanups } from "../../cleanups.ts";
import { StationBench } from "./harness.ts";
import { connectRaster } from "./raster-client.ts";
import { bomb } from "./test-pictures.ts";

const LOOPBACK = new AllowedAddresses(["127.0.0.1"]);
const ROOM: Room = { colours: 5, widthMax: 304, heightMax: 164 };

describe("addresses", () => {
  const nowhere = new AllowedAddresses([]);

  it.each(["1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4001::200e"])(
    "takes %s",
    (address) => expect(nowhere.has(address)).toBe(true),
  );

  it.each([
    ..."0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255".split(" "),
    ..."192.0.0.8 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255".split(
      " ",
    ),
    ..."::1 :: fe80::1 fe80::1%eth0 fc00::1 fd12::1 ff02::1 2001:db8::1 2001::1 2002:0a00:0001::1 64:ff9b::a00:1".split(
      " ",
    ),
    ..."::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::10.0.0.1 localhost 2130706433 0x7f.1".split(" "),
  ])("refuses %s", (address) => expect(nowhere.has(address)).toBe(false));

  it("takes what the station is told to allow, and nothing beside it", () => {
    const some = new AllowedAddresses(["10.0.0.0/8", "fd00::/8", "192.168.1.7"]);
    for (const address of ["10.9.9.9", "fd01::2", "192.168.1.7"]) expect(some.has(address)).toBe(true);
    for (const address of ["192.168.1.8", "127.0.0.1", "fe80::1"]) expect(some.has(address)).toBe(false);
  });
});

describe("fetching", () => {
  const cleanups = new Cleanups();
  afterEach(() => cleanups.end());

  /** A server of loopback. Returns its address. */
  async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void, host = "127.0.0.1") {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    cleanups.add(() => new Promise((resolve) => server.close(resolve)));
    cleanups.add(async () => server.closeAllConnections());
    return `http://${host}:${(server.address() as AddressInfo).port}`;
  }

  const image = { "content-type": "image/png" };

  it("fetches what is allowed", async () => {
    const url = await serve((_, response) => response.writeHead(200, image).end("pixels"));
    expect(String(await pictureFetcher(LOOPBACK)(`${url}/a.png`))).toBe("pixels");
  });

  it.each([
    ["404", 404, image, "picture not found"],
    ["500", 500, image, "the picture's server answers 500"],
    ["403", 403, image, "the picture is not for everybody"],
    ["a page", 200, { "content-type": "text/html" }, "this is not a picture"],
    ["packed bytes", 200, { ...image, "content-encoding": "gzip" }, "this is not a picture"],
    [
      "a length above the limit",
      200,
      { ...image, "content-length": String(PICTURE_FETCH_BYTES_MAX + 1) },
      "the picture is too large: above 8 MB",
    ],
  ])("says of %s why there is no picture", async (_, status, headers, words) => {
    const url = await serve((_, response) => response.writeHead(status, headers).flushHeaders());
    await expect(pictureFetcher(LOOPBACK)(url)).rejects.toThrow(words);
  });

  it.each(["file:///etc/passwd", "ftp://a/b", "javascript:1", "data:image/png;base64,AA==", "a.png", ""])(
    "does not fetch %s",
    async (link) => {
      await expect(pictureFetcher(LOOPBACK)(link)).rejects.toThrow("no address on the web");
    },
  );

  it.each([
    "http://127.0.0.1:9/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest",
    "http://localhost:9/",
  ])("does not connect to %s", async (link) => {
    const connect = vi.spyOn(Socket.prototype, "connect");
    cleanups.add(async () => connect.mockRestore());
    await expect(pictureFetcher(new AllowedAddresses([]))(link)).rejects.toThrow("not allowed");
    expect(connect.mock.results.filter(({ type }) => type === "return").length).toBeLessThanOrEqual(1);
  });

  it("follows redirects, each to an address that is allowed, and only so many", async () => {
    let requests = 0;
    const inner = await serve((_, response) => response.writeHead(200, image).end("secret"), "127.0.0.2");
    const url = await serve(({ url = "" }, response) => {
      requests += 1;
      const [, kind = "", left = ""] = url.split("/");
      const to = { inner, again: `/again/${Number(left) - 1}`, file: "file:///etc/passwd" }[kind] ?? "";
      if (kind === "again" && left === "0") response.writeHead(200, image).end("pixels");
      else response.writeHead(302, { location: to }).end();
    });
    const fetch = pictureFetcher(LOOPBACK);
    expect(String(await fetch(`${url}/again/${PICTURE_REDIRECTS_MAX}`))).toBe("pixels");
    await expect(fetch(`${url}/again/${PICTURE_REDIRECTS_MAX + 1}`)).rejects.toThrow("sends on too often");
    await expect(fetch(`${url}/inner`)).rejects.toThrow("not allowed");
    await expect(fetch(`${url}/file`)).rejects.toThrow("no address on the web");
    expect(requests).toBe(2 * (PICTURE_REDIRECTS_MAX + 1) + 2);
  });

  it("connects to the very address that it has checked, however often a name changes", async () => {
    const asked: string[] = [];
    const url = await serve((request, response) => {
      asked.push(request.socket.localAddress ?? "");
      response.writeHead(200, image).end("pixels");
    });
    const { port } = new URL(url);
    // The name means an allowed address at first, and then a private one.
    const answers = ["127.0.0.1", "127.0.0.2", "127.0.0.2"];
    const resolve = vi.fn((_name: string, _options: unknown, callback: (...given: unknown[]) => void) =>
      callback(null, [
        { address: answers.shift(), family: 4 },
        { address: "10.0.0.1", family: 4 },
      ]),
    );
    const fetch = pictureFetcher(LOOPBACK, resolve as never);
    expect(String(await fetch(`http://pictures.example:${port}/`))).toBe("pixels");
    expect(resolve).toHaveBeenCalledTimes(1);
    await expect(fetch(`http://pictures.example:${port}/`)).rejects.toThrow("not allowed");
    expect(asked).toEqual(["127.0.0.1"]);
  });

  it("gives up a server that is slow, silent or never ends", async () => {
    const silent = await serve(() => {});
    const slow = await serve((_, response) => {
      response.writeHead(200, image);
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    });
    const endless = await serve((_, response) => {
      response.writeHead(200, image);
      const more = () => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", more).on("error", () => {});
      more();
    });
    await expect(pictureFetcher(LOOPBACK, undefined, 200)(silent)).rejects.toThrow("takes too long");
    await expect(pictureFetcher(LOOPBACK, undefined, 200)(slow)).rejects.toThrow("takes too long");
    await expect(pictureFetcher(LOOPBACK)(endless)).rejects.toThrow("too large");
    await expect(pictureFetcher(LOOPBACK)("http://127.0.0.1:1/")).rejects.toThrow("cannot be reached");
  });
});

/** A picture with a red, a green and a blue part over a ramp, which no error of a codec makes unrecognisable. */
function scene(width: number, height: number): Promise<Buffer> {
  const data = Buffer.alloc(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const level = Math.round((255 * x) / width);
      const colors = [
        [220, 30, 30],
        [30, 200, 40],
        [20, 40, 210],
      ][Math.floor((3 * x) / width)] as number[];
      data.set(y < height / 2 ? colors : [level, level, level], 3 * (y * width + x));
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** All pieces drawn, as 0xRRGGBB. Checks that they follow one another. */
function drawn(
  pieces: readonly Pick<PicturePiece, "colours" | "width" | "height" | "scale" | "row" | "blocks">[],
): number[] {
  const { width = 0, height = 0, colours = 5 } = pieces[0] ?? {};
  const palette: number[] = [];
  const all: number[] = [];
  for (const { row, blocks } of pieces) {
    expect(row * width).toBe(all.length);
    const rows = Math.min(height - row, 4 * checkBlocks(blocks, colours, width));
    const pixels = new Uint16Array(width * rows);
    palette.length = 0;
    drawBlocks(blocks, { colours, width, scale: 1 }, 0, rows, { pixels, pixelOf: (color) => palette.push(color) - 1 });
    for (const pixel of pixels) all.push(palette[pixel] as number);
  }
  expect(all.length).toBe(width * height);
  return all;
}

/** The mean of each channel over a part of a picture. */
function meanOf(
  pixels: readonly number[],
  width: number,
  [left, right]: readonly [number, number],
  [top, bottom]: readonly [number, number],
): number[] {
  const within = pixels.filter(
    (_, at) => at % width >= left && at % width < right && at >= top * width && at < bottom * width,
  );
  return [16, 8, 0].map((shift) => within.reduce((sum, color) => sum + ((color >> shift) & 255), 0) / within.length);
}

describe("drawing", () => {
  it.each(["png", "jpeg", "webp", "gif"] as const)(
    "draws %s in colour, in its proportions, within the room",
    async (format) => {
      const bytes = await sharp(await scene(600, 400))
        .toFormat(format)
        .toBuffer();
      const pieces = await drawPicture(bytes, ROOM);
      expect(pieces[0]).toMatchObject({ width: 246, height: 164, scale: 1, pieces: pieces.length });
      const pixels = drawn(pieces);
      const part = (at: number): [number, number] => [82 * at + 8, 82 * at + 74];
      [
        [220, 30, 30],
        [30, 200, 40],
        [20, 40, 210],
      ].forEach((color, at) => {
        meanOf(pixels, 246, part(at), [4, 76]).forEach((level, channel) =>
          expect(Math.abs(level - (color[channel] ?? 0))).toBeLessThan(8),
        );
      });
      for (const x of [40, 120, 200])
        for (const level of meanOf(pixels, 246, [x - 4, x + 4], [90, 160]))
          expect(Math.abs(level - (255 * x) / 246)).toBeLessThan(8);
    },
  );

  it.each([
    ["grey", 4],
    ["black and white", 1],
  ] as const)("draws in %s, where dots stand for the levels between", async (_, colours) => {
    const pixels = drawn(await drawPicture(await scene(240, 120), { colours, widthMax: 240, heightMax: 120 }));
    const levels = new Set(pixels);
    expect(levels.size).toBeLessThanOrEqual(colours === 4 ? 16 : 2);
    for (const x of [40, 120, 200])
      expect(Math.abs((meanOf(pixels, 240, [x - 12, x + 12], [64, 116])[0] ?? 0) - (255 * x) / 240)).toBeLessThan(12);
  });

  it("draws what a camera has turned upright", async () => {
    // 6: the camera stood on its right side.
    const bytes = await sharp(await scene(300, 200))
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const [piece] = await drawPicture(bytes, { colours: 5, widthMax: 1_000, heightMax: 150 });
    expect(piece).toMatchObject({ width: 100, height: 150 });
  });

  it("draws the first picture of a moving one", async () => {
    const frames = Buffer.concat([Buffer.alloc(3 * 64, 200), Buffer.alloc(3 * 64, 20)]);
    const bytes = await sharp(frames, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } })
      .gif()
      .toBuffer();
    const pieces = await drawPicture(bytes, ROOM);
    expect(pieces[0]).toMatchObject({ width: 8, height: 8 });
    expect(meanOf(drawn(pieces), 8, [0, 8], [0, 8])[0]).toBeGreaterThan(190);
  });

  it("keeps every picture within its bytes: with coarser pixels where it must", async () => {
    for (const [width, height, colours] of [
      [304, 188, 5],
      [524, 850, 4],
      [1_200, 1_000, 5],
      [2_048, 1, 5],
      [1, 2_048, 4],
    ] as const) {
      const noise = Buffer.alloc(3 * width * height);
      noise.forEach((_, at) => noise.writeUInt8((Math.imul(at, 2_654_435_761) >>> 13) & 255, at));
      const bytes = await sharp(noise, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      const pieces = await drawPicture(bytes, { colours, widthMax: width, heightMax: height });
      const [first] = pieces;
      expect((first?.width ?? 0) * (first?.scale ?? 0)).toBeLessThanOrEqual(width);
      expect(pieces.length).toBeLessThanOrEqual(PICTURE_PIECES_MAX);
      let sum = 0;
      for (const { blocks } of pieces) {
        expect(blocks.length + 16).toBeLessThanOrEqual(PICTURE_PIECE_BYTES_MAX);
        sum += blocks.length + 16;
      }
      expect(sum).toBeLessThanOrEqual(PICTURE_BYTES_MAX);
      drawn(pieces);
    }
  }, 60_000);

  it.each([
    ["text", Buffer.from("<html>")],
    ["nothing", Buffer.alloc(0)],
    [
      "a drawing, which could read files",
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ],
    ["half a picture", Buffer.from("")],
  ])("refuses %s", async (name, given) => {
    const bytes = name === "half a picture" ? (await scene(300, 200)).subarray(0, 900) : given;
    await expect(drawPicture(bytes, ROOM)).rejects.toThrow("not a picture that can be shown");
  });

  it("refuses a picture that would fill the memory", async () => {
    await expect(drawPicture(bomb(60_000, 60_000), ROOM)).rejects.toThrow("too many pixels");
  });
});

it("has the limits that the README names", () => {
  const readme = readFileSync(new URL("../../../hosts/station/README.md", import.meta.url), "utf8");
  for (const row of [
    `| a picture: bytes, pixels | ${PICTURE_FETCH_BYTES_MAX / 1_048_576} MB, ${PICTURE_DECODED_PIXELS_MAX / 1e6} million |`,
    `| time to fetch it, time to decode it | ${PICTURE_FETCH_MS_MAX / 1_000} s, ${PICTURE_DECODE_SECONDS_MAX} s |`,
    `| how often its server may send on | ${PICTURE_REDIRECTS_MAX} times |`,
    `| pictures for one device | ${PICTURES_PER_DEVICE.capacity}, and one more each ${1 / PICTURES_PER_DEVICE.perSecond} s |`,
    `| pictures for all devices together | ${PICTURES_TOGETHER.capacity}, and ${PICTURES_TOGETHER.perSecond} more a second; ${PICTURES_FETCHING_MAX} at the same time |`,
    `| pictures that are kept | ${PICTURES_KEPT_MAX}, at most ${PICTURE_BYTES_MAX.toLocaleString("en")} bytes each |`,
    `| uploads: of one account, at the same time | ${UPLOADS_PER_ACCOUNT_A_MINUTE} a minute, ${UPLOADS_AT_ONCE_MAX} |`,
    `of all | ${UPLOADED_PER_ACCOUNT_BYTES_MAX / 1_048_576} MB, ${UPLOADED_BYTES_MAX / 1_048_576} MB |`,
    `| for how long it is known that there is none | ${PICTURE_FAILURE_MS / 1_000} s |`,
  ])
    expect(readme).toContain(row);
});

describe("a station with devices", () => {
  const bench = new StationBench();
  afterEach(() => bench.end());

  const connect = (station: Station, uid: string) => connectRaster(bench, station, uid);

  async function push(station: Station, to: string, picture: string): Promise<string> {
    const response = await fetch(`${station.url}/api/push`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${localToken(station.localKey)}` },
      body: JSON.stringify({ to, text: "look", picture }),
    });
    expect(response.status).toBe(202);
    return ((await response.json()) as { id: string }).id;
  }

  async function serve(): Promise<{ url: string; count: () => number }> {
    const bytes = await scene(600, 400);
    let count = 0;
    const server = createServer((request, response) => {
      count += 1;
      if (request.url === "/gone.png") response.writeHead(404).end();
      else response.writeHead(200, { "content-type": "image/png" }).end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    bench.add(() => new Promise((resolve) => server.close(resolve)));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, count: () => count };
  }

  const asking = (id: string, piece: number, given: Partial<PictureRequest> = {}) =>
    Buffer.from(encodePictureRequest({ ...ROOM, number: 100 + piece, piece, sender: "station", id, ...given }));

  it("gives a device the picture of its own message, piece by piece, and no other device", async () => {
    const { url, count } = await serve();
    const station = await bench.station({ pictureNetworks: ["127.0.0.1"] });
    const [ann, bob] = [await connect(station, "ann-1"), await connect(station, "bob-1")];
    const id = await push(station, "ann-1", `${url}/a.png`);
    const topic = "/field/raster/ann-1";
    // Malformed, of somebody else, and by somebody else: no answer, or none with a picture.
    await ann.client.publishAsync(topic, Buffer.from("2500", "hex"), { qos: 1 });
    await bob.client.publishAsync(topic, asking(id, 0), { qos: 1 });
    await bob.client.publishAsync("/field/raster/bob-1", asking(id, 0), { qos: 1 });
    await bob.client.publishAsync("/field/raster/bob-1", asking(id, 0, { sender: "ann-1" }), { qos: 1 });
    await vi.waitFor(() => expect(bob.replies).toHaveLength(2), 10_000);
    for (const reply of bob.replies)
      expect(readPictureReply(reply)).toMatchObject({ pieces: 0, words: "this message has no picture here" });
    expect(count()).toBe(0);

    await ann.client.publishAsync(topic, asking(id, 0), { qos: 1 });
    await vi.waitFor(() => expect(ann.replies).toHaveLength(1), 20_000);
    const first = readPictureReply(ann.replies[0] as Buffer) as PicturePiece;
    expect(first).toMatchObject({ piece: 0, number: 100, width: 246, height: 164, colours: 5 });
    for (let piece = 1; piece <= first.pieces; piece += 1) {
      await ann.client.publishAsync(topic, asking(id, piece));
      await vi.waitFor(() => expect(ann.replies).toHaveLength(piece + 1), 10_000);
    }
    const last = readPictureReply(ann.replies.pop() as Buffer);
    expect(last).toMatchObject({ pieces: 0, words: "the picture has no such piece" });
    const pieces = ann.replies.map((reply) => readPictureReply(reply) as PicturePiece);
    expect(new Set(pieces.map(({ version }) => version)).size).toBe(1);
    for (const reply of ann.replies) expect(reply.length).toBeLessThanOrEqual(PICTURE_PIECE_BYTES_MAX);
    expect(meanOf(drawn(pieces), 246, [8, 74], [4, 76])[0]).toBeGreaterThan(200);
    expect(count()).toBe(1);
  }, 60_000);

  it("says in words why there is no picture, and remembers that for a while", async () => {
    const { url, count } = await serve();
    const station = await bench.station({ pictureNetworks: ["127.0.0.1"] });
    const closed = await bench.station();
    for (const [at, link, words] of [
      [station, `${url}/gone.png`, "picture not found"],
      [closed, `${url}/a.png`, "the picture's address is not allowed"],
    ] as const) {
      const ann = await connect(at, "ann-1");
      const id = await push(at, "ann-1", link);
      for (const number of [1, 2]) await ann.client.publishAsync("/field/raster/ann-1", asking(id, 0, { number }));
      await vi.waitFor(() => expect(ann.replies).toHaveLength(2), 10_000);
      for (const reply of ann.replies) expect(readPictureReply(reply)).toMatchObject({ pieces: 0, words });
    }
    expect(count()).toBe(1);
  }, 60_000);

  it("fetches for one device only so many, and goes on for the others", async () => {
    const { url, count } = await serve();
    const station = await bench.station({ pictureNetworks: ["127.0.0.1"] });
    const [ann, bob] = [await connect(station, "ann-1"), await connect(station, "bob-1")];
    const id = await push(station, "ann-1", `${url}/a.png`);
    // Each room is another picture.
    const rooms = PICTURES_PER_DEVICE.capacity + 5;
    for (let room = 0; room < rooms; room += 1)
      await ann.client.publishAsync("/field/raster/ann-1", asking(id, 0, { widthMax: 8 + room, colours: 1 }), {
        qos: 1,
      });
    const other = await push(station, "bob-1", `${url}/a.png`);
    await bob.client.publishAsync("/field/raster/bob-1", asking(other, 0), { qos: 1 });
    await vi.waitFor(() => expect(bob.replies).toHaveLength(1), 30_000);
    await vi.waitFor(() => expect(ann.replies.length).toBeGreaterThanOrEqual(PICTURES_PER_DEVICE.capacity), 30_000);
    expect(count()).toBeLessThan(rooms + 1);
  }, 60_000);
});
