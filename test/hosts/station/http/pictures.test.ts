/** Pictures that are uploaded for pushes: who gets them, for how long, how many, and what is refused. */
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { localToken } from "../../../../hosts/common/local-key.ts";
import { drawPicture } from "../../../../hosts/station/pictures/drawn-picture.ts";
import { UploadedPictures } from "../../../../hosts/station/pictures/uploaded-pictures.ts";
import {
  DELIVERY_AGE_MS,
  PICTURE_FETCH_BYTES_MAX,
  UPLOADED_PER_ACCOUNT_BYTES_MAX,
  UPLOADED_SIDE_MAX,
  UPLOADED_UNUSED_MS,
  UPLOADS_AT_ONCE_MAX,
  UPLOADS_PER_ACCOUNT_A_MINUTE,
} from "../../../../hosts/station/shared/limits.ts";
import type { DrawnPicture } from "../../../../hosts/station/shared/picture.ts";
import type { Station } from "../../../../hosts/station/station.ts";
import { StationStore } from "../../../../hosts/station/store/station-store.ts";
import { type PicturePiece, readPictureReply } from "../../../../src/payload/message-picture.ts";
import { encodePictureRequest } from "../../../../src/payload/optional/message-picture.ts";
import { Cleanups } from "../../../cleanups.ts";
import { StationBench } from "../harness.ts";
import { connectRaster } from "../raster-client.ts";
import { bomb, redDot } from "../test-pictures.ts";

const ROOM = { colours: 5, widthMax: 304, heightMax: 164 } as const;

describe("over HTTP", () => {
  const bench = new StationBench();
  let station: Station;
  beforeAll(async () => {
    station = await bench.station();
    await station.directory.addDevice({ uid: "ann-1" });
  });
  afterAll(() => bench.end());

  /** A token of a new account, which has not used up any limit. */
  async function tokenOf(name: string): Promise<string> {
    await station.accounts.create({ name, kind: "person" });
    return station.accounts.issueToken(name, "test");
  }

  const upload = (token: string, body: Uint8Array<ArrayBuffer>, type = "image/png") =>
    fetch(`${station.url}/api/pictures`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": type },
      body,
    });

  async function uploaded(token: string, body: Uint8Array<ArrayBuffer>, type?: string): Promise<string> {
    const response = await upload(token, body, type);
    expect(response.status).toBe(201);
    return ((await response.json()) as { address: string }).address;
  }

  async function push(token: string, picture: string): Promise<string> {
    const response = await fetch(`${station.url}/api/push`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ to: "ann-1", text: "look", picture }),
    });
    expect(response.status).toBe(202);
    return ((await response.json()) as { id: string }).id;
  }

  it("a device gets a picture that was uploaded, and its sender sees the same before", async () => {
    const token = await tokenOf("ann");
    const address = await uploaded(token, await redDot(600, 400));
    const drawn = await fetch(`${address.replace("/pictures/", "/api/pictures/")}?colours=5&width=304&height=164`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { pieces: previewed, ...size } = (await drawn.json()) as DrawnPicture;
    expect(size).toEqual({ width: 246, height: 164, scale: 1 });
    const id = await push(token, address);
    const { client, replies } = await connectRaster(bench, station, "ann-1");
    // The station fetches nothing from this machine. So it did not fetch this over the network.
    for (let piece = 0; piece < previewed.length; piece += 1) {
      const request = encodePictureRequest({ ...ROOM, number: piece, piece, sender: "station", id });
      await client.publishAsync("/field/raster/ann-1", Buffer.from(request), { qos: 1 });
      await expect.poll(() => replies.length, { timeout: 20_000 }).toBe(piece + 1);
    }
    const pieces = replies.map((reply) => readPictureReply(reply) as PicturePiece);
    expect(pieces.map(({ row, blocks }) => ({ row, blocks: Buffer.from(blocks).toString("base64") }))).toEqual(
      previewed,
    );
    expect(pieces[0]).toMatchObject(size);
  });

  it("whoever knows the address gets the picture, without what the camera wrote beside it", async () => {
    const place = { IFD3: { GPSLatitudeRef: "N", GPSLatitude: "60/1 10/1 0/1" } };
    const taken = await sharp(await redDot(3_000, 200))
      .withExif(place)
      .jpeg()
      .toBuffer();
    expect((await sharp(taken).metadata()).exif).toBeDefined();
    const address = await uploaded(await tokenOf("bea"), Uint8Array.from(taken), "image/jpeg");
    expect(address).toMatch(new RegExp(`^${station.url}/pictures/[\\w-]{22}$`));
    const response = await fetch(address);
    expect(response.headers.get("content-type")).toBe("image/jpeg");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    const { exif, width } = await sharp(await response.arrayBuffer()).metadata();
    expect({ exif, width }).toEqual({ exif: undefined, width: UPLOADED_SIDE_MAX });
  });

  it("what is too large, of another type or no picture is refused, and nothing of it is kept", async () => {
    const token = await tokenOf("carl");
    const png = await redDot(300, 200);
    const text = (words: string) => Uint8Array.from(Buffer.from(words));
    for (const [status, words, body, type] of [
      [413, "too large", new Uint8Array(PICTURE_FETCH_BYTES_MAX + 1), "image/png"],
      [415, "Unsupported", png, "image/svg+xml"],
      [415, "Unsupported", text('{"a":1}'), "application/json"],
      [415, "Unsupported", text("<p>"), "text/plain"],
      [400, "not a picture", text("<html><script>alert(1)</script>"), "image/png"],
      [400, "not a picture", text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), "image/png"],
      [400, "not a picture", png.slice(0, png.length >> 1), "image/png"],
      [400, "too many pixels", Uint8Array.from(bomb(60_000, 60_000)), "image/png"],
      [400, "", new Uint8Array(0), "image/png"],
    ] as const) {
      const response = await upload(token, body, type);
      const { error } = (await response.json()) as { error: string };
      expect([response.status, error], `${type} ${body.length}`).toEqual([status, expect.stringContaining(words)]);
    }
  });

  it("an upload that is cut off leaves nothing behind, and slow ones do not take all places for ever", async () => {
    const token = await tokenOf("dora");
    const { hostname, port } = new URL(station.url);
    const head = `POST /api/pictures HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\n`;
    let answers = "";
    // Half of them are refused. So it is known when the others have taken all places.
    const slow = Array.from({ length: 2 * UPLOADS_AT_ONCE_MAX }, () => {
      const socket = connect(Number(port), hostname).on("error", () => {});
      socket.on("data", (bytes: Buffer) => {
        answers += bytes.toString();
      });
      socket.write(`${head}Content-Type: image/png\r\nContent-Length: 1000\r\n\r\nabc`);
      return socket;
    });
    const refusals = () => answers.match(/HTTP\/1\.1 429 /g)?.length ?? 0;
    await expect.poll(refusals, { timeout: 20_000 }).toBe(UPLOADS_AT_ONCE_MAX);
    const png = await redDot();
    expect((await upload(token, png)).status).toBe(429);
    for (const socket of slow) socket.destroy();
    await expect.poll(async () => (await upload(token, png)).status, { timeout: 20_000, interval: 1_000 }).toBe(201);
  });

  it("one account may try only so many in a minute, and is told when it may again", async () => {
    const token = await tokenOf("eve");
    const statuses = new Set<number>();
    for (let count = 0; count < UPLOADS_PER_ACCOUNT_A_MINUTE; count += 1)
      statuses.add((await upload(token, Uint8Array.of(1))).status);
    expect([...statuses]).toEqual([400]);
    const response = await upload(token, await redDot());
    expect([response.status, Number(response.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect((await upload(await tokenOf("finn"), await redDot())).status).toBe(201);
  });

  it("a page of another site cannot upload", async () => {
    const headers = { authorization: `Bearer ${localToken(station.localKey)}`, origin: "https://evil.example" };
    const status = await new Promise((resolve) => {
      const options = { method: "POST", headers: { ...headers, "content-type": "image/png" } };
      httpRequest(`${station.url}/api/pictures`, options, (response) => resolve(response.resume().statusCode)).end("x");
    });
    expect(status).toBe(403);
  });
});

describe("what is kept", () => {
  const cleanups = new Cleanups();
  afterEach(() => cleanups.end());
  const ann = { name: "ann", isAdmin: false };
  const ORIGIN = "https://pager.example.org";

  /** Pictures of a folder, with a clock that the test sets. Opened again, it is a station after a restart. */
  function open(folder: string, clock: { nowMs: number }): UploadedPictures & { close(): void } {
    const store = new StationStore(join(folder, "station.db"));
    const pictures = new UploadedPictures(store, () => clock.nowMs);
    const close = () => {
      pictures.stop();
      store.close();
    };
    cleanups.add(async () => close());
    return Object.assign(pictures, { close });
  }

  it("leaves after an hour, or with the push that names it, through restarts", async () => {
    const folder = cleanups.folder();
    const clock = { nowMs: 1_800_000_000_000 };
    const first = open(folder, clock);
    const bytes = Buffer.from(await redDot());
    const [unused, short, long] = [
      await first.add(ann, bytes, ORIGIN),
      await first.add(ann, bytes, ORIGIN),
      await first.add(ann, bytes, ORIGIN),
    ];
    // One that is put off begins its life later.
    await first.keep({ picture: short, delaySeconds: 7_140, expirySeconds: 60 });
    await first.keep({ picture: long });
    first.close();
    const second = open(folder, clock);
    const there = () => [unused, short, long].map((address) => second.at(address) !== undefined);
    expect(there()).toEqual([true, true, true]);
    clock.nowMs += UPLOADED_UNUSED_MS - 1;
    expect(there()).toEqual([true, true, true]);
    clock.nowMs += 1;
    expect(there()).toEqual([false, true, true]);
    clock.nowMs += 7_200_000 - UPLOADED_UNUSED_MS;
    expect(there()).toEqual([false, false, true]);
    await second.removeOld();
    second.close();
    clock.nowMs += DELIVERY_AGE_MS - 7_200_000 - 1;
    const third = open(folder, clock);
    expect([unused, short, long].map((address) => third.at(address) !== undefined)).toEqual([false, false, true]);
    clock.nowMs += 1;
    expect(third.at(long)).toBeUndefined();
    // Another push does not shorten what a former one was promised, and brings nothing back.
    await third.keep({ picture: long, expirySeconds: 60 });
    expect(third.at(long)).toBeUndefined();
  });

  it("is found by its very address, and shown before it is sent to its owner alone", async () => {
    const pictures = open(cleanups.folder(), { nowMs: 1 });
    const address = await pictures.add(ann, Buffer.from(await redDot()), ORIGIN);
    const token = address.slice(`${ORIGIN}/pictures/`.length);
    for (const other of [`https://evil.example/pictures/${token}`, token, `/pictures/${token}`, `${address}?a`, ""])
      expect(pictures.at(other), other).toBeUndefined();
    expect(pictures.get(token, "bob")).toBeUndefined();
    const drawn = await drawPicture(pictures.get(token, "ann") as Buffer, ROOM);
    expect(drawn[0]).toMatchObject({ width: 8, height: 8 });
  });

  it("has a bound for each account, which time lifts", async () => {
    const clock = { nowMs: 1 };
    const pictures = open(cleanups.folder(), clock);
    const noise = Buffer.alloc(3 * UPLOADED_SIDE_MAX * UPLOADED_SIDE_MAX);
    noise.forEach((_, at) => noise.writeUInt8((Math.imul(at, 2_654_435_761) >>> 13) & 255, at));
    const raw = { width: UPLOADED_SIDE_MAX, height: UPLOADED_SIDE_MAX, channels: 3 } as const;
    const large = await sharp(noise, { raw }).jpeg({ quality: 90 }).toBuffer();
    let count = 0;
    const fill = async () => {
      for (; count < 100; count += 1) await pictures.add(ann, large, ORIGIN);
    };
    await expect(fill()).rejects.toThrow("as many pictures here as it may");
    expect(count * large.length).toBeLessThan(1.2 * UPLOADED_PER_ACCOUNT_BYTES_MAX);
    expect(count).toBeGreaterThan(1);
    const small = Buffer.from(await redDot());
    await pictures.add({ name: "bob", isAdmin: false }, large, ORIGIN);
    await pictures.add({ name: "ann", isAdmin: true }, large, ORIGIN);
    await expect(pictures.add(ann, small, ORIGIN)).rejects.toMatchObject({ statusCode: 429 });
    clock.nowMs += UPLOADED_UNUSED_MS;
    await pictures.add(ann, large, ORIGIN);
  });
});
