/** Fetches the bytes of a picture over HTTP, within bounds of bytes, time, redirects and addresses. */
import { lookup } from "node:dns";
import { get as httpGet, type IncomingMessage, type RequestOptions } from "node:http";
import { get as httpsGet } from "node:https";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { PICTURE_FETCH_BYTES_MAX, PICTURE_FETCH_MS_MAX, PICTURE_REDIRECTS_MAX } from "../shared/limits.ts";
import type { AllowedAddresses } from "./allowed-address.ts";
import { PictureError } from "./picture-error.ts";

const NOT_ALLOWED = "the picture's address is not allowed";

export type FetchPicture = (link: string) => Promise<Buffer>;

/** @param resolve finds the addresses of a name, as `dns.lookup` does @param msMax for all of it */
export function pictureFetcher(
  allowed: AllowedAddresses,
  resolve: typeof lookup = lookup,
  msMax = PICTURE_FETCH_MS_MAX,
): FetchPicture {
  const checkedLookup: LookupFunction = (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      // Node connects to one of these, and asks for no others: a name cannot mean another address a moment later.
      const usable = error ? [] : addresses.filter(({ address }) => allowed.has(address));
      const [first] = usable;
      if (!first) callback(error ?? (new PictureError(NOT_ALLOWED) as NodeJS.ErrnoException), "", 0);
      else if (options.all) callback(null, usable);
      else callback(null, first.address, first.family);
    });
  };
  const checkSocket = (socket: Socket) => {
    socket.once("connect", () => {
      if (!allowed.has(socket.remoteAddress ?? "")) socket.destroy(new PictureError(NOT_ALLOWED));
    });
  };

  /** Resolves with the answer's bytes, or with the address to which it sends on. */
  const request = (url: URL, signal: AbortSignal): Promise<Buffer | URL> =>
    new Promise((resolve, reject) => {
      const host = url.hostname.replace(/^\[|\]$/g, "");
      // No name is looked up for an address.
      if (isIP(host) && !allowed.has(host)) throw new PictureError(NOT_ALLOWED);
      const options: RequestOptions = { signal, lookup: checkedLookup, agent: false, headers: HEADERS };
      const get = url.protocol === "https:" ? httpsGet : httpGet;
      get(url, options, (response) =>
        answerOf(response, url)
          .then(resolve, reject)
          .finally(() => response.destroy()),
      )
        .on("socket", checkSocket)
        .on("error", reject);
    });

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
