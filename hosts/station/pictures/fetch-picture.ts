/** Fetches the bytes of a picture over HTTP, within bounds of bytes, time, redirects and addresses. */
import type { lookup } from "node:dns";
import type { IncomingMessage } from "node:http";
import { PICTURE_FETCH_BYTES_MAX, PICTURE_FETCH_MS_MAX, PICTURE_REDIRECTS_MAX } from "../shared/limits.ts";
import type { AllowedAddresses } from "../web/allowed-address.ts";
import { AddressNotAllowed, guardedSender } from "../web/guarded-request.ts";
import { PictureError } from "./picture-error.ts";

export type FetchPicture = (link: string) => Promise<Buffer>;

/** @param resolve finds the addresses of a name, as `dns.lookup` does @param msMax for all of it */
export function pictureFetcher(
  allowed: AllowedAddresses,
  resolve?: typeof lookup,
  msMax = PICTURE_FETCH_MS_MAX,
): FetchPicture {
  const send = guardedSender(allowed, resolve);
  /** Resolves with the answer's bytes, or with the address to which it sends on. */
  const request = async (url: URL, signal: AbortSignal): Promise<Buffer | URL> => {
    const response = await send(url, { method: "GET", headers: HEADERS, signal });
    try {
      return await answerOf(response, url);
    } finally {
      response.destroy();
    }
  };

  return async (link) => {
    const signal = AbortSignal.timeout(msMax);
    try {
      let url = addressOf(link, undefined);
      for (let redirects = 0; redirects <= PICTURE_REDIRECTS_MAX; redirects += 1) {
        const answer = await request(url, signal);
        if (!(answer instanceof URL)) return answer;
        url = answer;
      }
      throw new PictureError("the picture's address sends on too often");
    } catch (error) {
      if (error instanceof PictureError) throw error;
      if (error instanceof AddressNotAllowed) throw new PictureError("the picture's address is not allowed");
      throw new PictureError(signal.aborted ? "the picture takes too long" : "the picture cannot be reached");
    }
  };
}

const HEADERS = Object.freeze({ accept: "image/*", "user-agent": "fieldpager" });

function addressOf(link: string, base: URL | undefined): URL {
  const url = URL.canParse(link, base?.href) ? new URL(link, base) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new PictureError("the picture has no address on the web");
  return url;
}

async function answerOf(response: IncomingMessage, url: URL): Promise<Buffer | URL> {
  const { statusCode = 0, headers } = response;
  if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) return addressOf(headers.location, url);
  if (statusCode === 404 || statusCode === 410) throw new PictureError("picture not found");
  if (statusCode === 401 || statusCode === 403) throw new PictureError("the picture is not for everybody");
  if (statusCode !== 200) throw new PictureError(`the picture's server answers ${statusCode}`);
  const type = headers["content-type"] ?? "application/octet-stream";
  if (
    !/^(?:image\/|application\/octet-stream)/i.test(type) ||
    (headers["content-encoding"] ?? "identity") !== "identity"
  )
    throw new PictureError("this is not a picture");
  const tooLarge = () => new PictureError(`the picture is too large: above ${PICTURE_FETCH_BYTES_MAX / 1_048_576} MB`);
  if (Number(headers["content-length"] ?? 0) > PICTURE_FETCH_BYTES_MAX) throw tooLarge();
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > PICTURE_FETCH_BYTES_MAX) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}
