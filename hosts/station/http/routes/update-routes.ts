/** The HTTP interface of updates: for administrators, and the images for the devices. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { IMAGE_ADDRESS_BYTES_MAX, UID_BYTES_MAX } from "../../../../src/limits.ts";
import { type DeviceUpdates, IMAGE_PATH } from "../../devices/device-updates.ts";
import type { DeviceWatch } from "../../devices/device-watch.ts";
import type { ImageFolder } from "../../devices/image-folder.ts";
import { AccessError } from "../../identity/access-error.ts";
import { UPDATE_ORDERS_MAX } from "../../shared/limits.ts";
import { errorAnswers } from "../api-schemas.ts";
import { originOf } from "../request-origin.ts";

const closed = { type: "object", additionalProperties: false } as const;
const uid = { type: "string", minLength: 1, maxLength: UID_BYTES_MAX } as const;

const imageSchema = {
  ...closed,
  required: ["name", "board", "version", "bytes"],
  properties: {
    name: { type: "string" },
    board: { type: "string" },
    version: { type: "string" },
    bytes: { type: "integer" },
  },
} as const;

const updateSchema = {
  ...closed,
  required: ["device", "version", "state", "percent", "words", "changedAtMs"],
  properties: {
    device: uid,
    version: { type: "string" },
    state: { type: "string", enum: ["ordered", "loading", "starting", "done", "failed"] },
    percent: { type: "integer", description: "how much of the image has been sent" },
    words: { type: "string", description: "what the device says of it" },
    changedAtMs: { type: "integer", description: "milliseconds since 1970" },
  },
} as const;

const orderSchema = {
  ...closed,
  required: ["image", "devices"],
  properties: {
    image: { type: "string", minLength: 1, maxLength: 255, description: "`name` of an image" },
    devices: { type: "array", minItems: 1, maxItems: UPDATE_ORDERS_MAX, uniqueItems: true, items: uid },
    isDowngrade: { type: "boolean", description: "an older image, or the same once more, is taken" },
    address: {
      type: "string",
      maxLength: IMAGE_ADDRESS_BYTES_MAX - 64,
      pattern: "^https?://[A-Za-z0-9.-]+(:\\d{1,5})?$",
      description: "of this station, as the devices reach it; that of this request when left out",
    },
  },
} as const;

interface OrderBody {
  readonly image: string;
  readonly devices: readonly string[];
  readonly isDowngrade?: boolean;
  readonly address?: string;
}

/** What is asked for it. */
export interface UpdateSources {
  readonly images: ImageFolder;
  readonly updates: DeviceUpdates;
  readonly watch: DeviceWatch;
  readonly publicUrl: string | undefined;
}

export function addUpdateRoutes(app: FastifyInstance, { images, updates, watch, publicUrl }: UpdateSources): void {
  app.get("/api/updates", {
    schema: {
      summary: "The images that there are, and how far each device's newest update is",
      tags: ["devices"],
      response: {
        200: {
          description: "Updates that were ordered here since the station started.",
          ...closed,
          required: ["images", "updates"],
          properties: {
            images: { type: "array", items: imageSchema },
            updates: { type: "array", items: updateSchema },
          },
        },
        ...errorAnswers(401, 403),
      },
    },
    handler: async () => ({ images: await images.list(), updates: updates.list() }),
  });
  app.post("/api/updates", {
    schema: {
      summary: "Order devices to load an image",
      description: "Each device must have told its board, which must be that of the image. It checks the image itself.",
      tags: ["devices"],
      body: orderSchema,
      response: { 202: { description: "The commands are sent.", type: "null" }, ...errorAnswers(400, 401, 403, 404) },
    },
    handler: async (request, reply) => {
      const {
        image: name,
        devices,
        isDowngrade = false,
        address = publicUrl ?? originOf(request),
      } = request.body as OrderBody;
      const image = (await images.list()).find((each) => each.name === name);
      if (!image) throw new AccessError(404, `there is no image ${JSON.stringify(name)}`);
      for (const device of devices) {
        const { firmware } = watch.get(device);
        if (!firmware) throw new AccessError(400, `devices: ${device} has not told which firmware it runs`);
        if (!firmware.takesUpdates)
          throw new AccessError(400, `devices: ${device} takes no updates, it was built without a release key`);
        if (firmware.board !== image.board)
          throw new AccessError(400, `devices: ${device} is ${firmware.board}, the image is for ${image.board}`);
      }
      for (const device of devices) await updates.order({ device, image, isDowngrade }, address);
      return reply.code(202).send();
    },
  });
  app.get(`${IMAGE_PATH}:token`, { schema: { hide: true } }, (request, reply) => sendImage(updates, request, reply));
}

/** Sends the image, or the rest of it that is asked for (RFC 9110, section 14.2). The token in the address is the device's permission. */
function sendImage(updates: DeviceUpdates, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const image = updates.fetch((request.params as { token: string }).token);
  if (!image) return reply.code(404).send({ error: "there is no image for this token" });
  const from = Number(/^bytes=(\d{1,10})-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (from >= image.bytes) return reply.code(416).header("content-range", `bytes */${image.bytes}`).send();
  if (from > 0) reply.code(206).header("content-range", `bytes ${from}-${image.bytes - 1}/${image.bytes}`);
  return reply
    .type("application/octet-stream")
    .header("content-length", image.bytes - from)
    .header("cache-control", "no-store")
    .send(image.read(from));
}
