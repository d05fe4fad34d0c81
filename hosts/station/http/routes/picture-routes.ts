/** The HTTP interface of pictures that are uploaded for pushes. */
import type { FastifyInstance } from "fastify";
import { PICTURE_PIXELS_MAX } from "../../../../src/limits.ts";
import type { Colours } from "../../../../src/payload/message-picture.ts";
import { AccessError } from "../../identity/access-error.ts";
import { drawPicture } from "../../pictures/drawn-picture.ts";
import { PictureError } from "../../pictures/picture-error.ts";
import { PICTURE_PATH, type UploadedPictures } from "../../pictures/uploaded-pictures.ts";
import {
  PICTURE_FETCH_BYTES_MAX,
  PREVIEWS_PER_ACCOUNT_A_MINUTE,
  UPLOADS_AT_ONCE_MAX,
  UPLOADS_PER_ACCOUNT_A_MINUTE,
} from "../../shared/limits.ts";
import { UPLOAD_TYPES } from "../../shared/picture.ts";
import { perMinute } from "../account-rate.ts";
import { errorAnswers } from "../api-schemas.ts";
import { originOf } from "../request-origin.ts";

const closed = { type: "object", additionalProperties: false } as const;
const side = { type: "string", pattern: "^[1-9][0-9]{0,3}$" } as const;

export function addPictureRoutes(
  app: FastifyInstance,
  pictures: UploadedPictures,
  publicUrl: string | undefined,
): void {
  // Only here is a body anything but JSON.
  app.register(async (uploads) => addUpload(uploads, pictures, publicUrl));
  app.get("/api/pictures/:token", {
    config: { rateLimit: perMinute(PREVIEWS_PER_ACCOUNT_A_MINUTE, "requests for a preview") },
    schema: {
      summary: "A picture that one has uploaded, as a device would show it",
      description: "In blocks of 4 by 4 pixels, as in the pieces that the device gets; see the wire format.",
      tags: ["push"],
      params: { type: "object", required: ["token"], properties: { token: { type: "string" } } },
      querystring: {
        ...closed,
        required: ["colours", "width", "height"],
        properties: {
          colours: { type: "string", enum: ["1", "4", "5"], description: "black and white, 16 greys, RGB565" },
          width: { ...side, description: "room on the screen, in pixels" },
          height: side,
        },
      },
      response: {
        200: {
          description: "Its pieces, from the top.",
          ...closed,
          required: ["width", "height", "scale", "pieces"],
          properties: {
            width: { type: "integer", description: "in pixels of the picture" },
            height: { type: "integer" },
            scale: { type: "integer", description: "side of such a pixel, in pixels of the screen" },
            pieces: {
              type: "array",
              items: {
                ...closed,
                required: ["row", "blocks"],
                properties: { row: { type: "integer" }, blocks: { type: "string", description: "base64" } },
              },
            },
          },
        },
        ...errorAnswers(400, 401, 403, 404, 429),
      },
    },
    handler: async (request) => {
      const { token } = request.params as { token: string };
      const { colours, width, height } = request.query as Record<"colours" | "width" | "height", string>;
      const bytes = pictures.get(token, request.account.name);
      // Another's picture is answered as if it did not exist.
      if (!bytes) throw noSuchPicture();
      const sides = [width, height].map((each) => Math.min(PICTURE_PIXELS_MAX, Number(each)));
      const [widthMax = 1, heightMax = 1] = sides;
      const room = { colours: Number(colours) as Colours, widthMax, heightMax };
      const drawn = await drawPicture(bytes, room).catch((error: unknown) => {
        throw error instanceof PictureError ? new AccessError(400, error.message) : error;
      });
      const [first] = drawn;
      return {
        width: first?.width,
        height: first?.height,
        scale: first?.scale,
        pieces: drawn.map(({ row, blocks }) => ({ row, blocks: Buffer.from(blocks).toString("base64") })),
      };
    },
  });
  // The token in the address is the permission: a phone reads the address from a pager's screen.
  app.get(`${PICTURE_PATH}:token`, { schema: { hide: true } }, async (request, reply) => {
    const bytes = pictures.get((request.params as { token: string }).token);
    if (!bytes) throw noSuchPicture();
    return reply.type("image/jpeg").header("cache-control", "private, no-cache").send(bytes);
  });
}

function addUpload(app: FastifyInstance, pictures: UploadedPictures, publicUrl: string | undefined): void {
  let uploads = 0;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...UPLOAD_TYPES], { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.addHook("onRequest", async (_request, reply) => {
    if (uploads >= UPLOADS_AT_ONCE_MAX) throw new AccessError(429, "too many pictures are being uploaded: try again");
    uploads += 1;
    reply.raw.once("close", () => {
      uploads -= 1;
    });
  });
  app.post("/api/pictures", {
    bodyLimit: PICTURE_FETCH_BYTES_MAX,
    config: { rateLimit: perMinute(UPLOADS_PER_ACCOUNT_A_MINUTE, "uploads") },
    schema: {
      summary: "Upload a picture for a push",
      description:
        "The body is the picture. It is kept as long as a push whose `picture` is the address in the answer, and an hour without one. " +
        "Whoever knows the address may see it.",
      tags: ["push"],
      consumes: [...UPLOAD_TYPES],
      body: { type: "string", format: "binary" },
      response: {
        201: {
          description: "It is on the station's disk.",
          ...closed,
          required: ["address"],
          properties: { address: { type: "string", description: "for `picture` of a push" } },
        },
        ...errorAnswers(400, 401, 403, 413, 415, 429, 503),
      },
    },
    // The body is checked by decoding it.
    validatorCompiler: () => () => true,
    handler: async (request, reply) => {
      if (!Buffer.isBuffer(request.body)) throw new AccessError(400, "the body is missing: expected a picture");
      const address = await pictures.add(request.account, request.body, publicUrl ?? originOf(request));
      return reply.code(201).send({ address });
    },
  });
}

function noSuchPicture(): AccessError {
  return new AccessError(404, "there is no such picture, or no more");
}
