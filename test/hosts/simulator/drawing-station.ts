/** Draws for one device, as the station does and with its services, over a client of any broker. */
import type { MqttClient } from "mqtt";
import sharp from "sharp";
import { PictureService } from "../../../hosts/station/pictures/picture-service.ts";
import { RunService } from "../../../hosts/station/runs/run-service.ts";
import type { MessageHandler, OwnMessage } from "../../../hosts/station/shared/message-broker.ts";
import { isAboutPicture, readPictureReply } from "../../../src/payload/message-picture.ts";
import { photo } from "../../pictures/photo.ts";

/** Pixels of the pictures before they are scaled. */
const [WIDTH, HEIGHT] = [800, 600];

export class DrawingStation {
  /** How many pictures of messages were given to their last piece. */
  wholePictures = 0;
  readonly #client: MqttClient;

  private constructor(client: MqttClient) {
    this.#client = client;
  }

  /** The picture of a message is the `photo` whose number is in the message's id. */
  static async start(client: MqttClient, uid: string): Promise<DrawingStation> {
    const station = new DrawingStation(client);
    const handlers: MessageHandler[] = [];
    const broker = {
      watch: (_filter: string, handler: MessageHandler) => handlers.push(handler),
      publish: (message: OwnMessage) => station.#publish(message),
    };
    client.on("message", (topic, payload) => {
      if (topic === `/field/raster/${uid}`) for (const handle of handlers) handle(topic, payload);
    });
    new RunService("field", broker).start();
    const fetch = (link: string) =>
      sharp(photo(WIDTH, HEIGHT, Number(/\d+/.exec(link)?.[0] ?? 0)), {
        raw: { width: WIDTH, height: HEIGHT, channels: 3 },
      })
        .jpeg()
        .toBuffer();
    new PictureService("field", broker, (_uid, _sender, id) => id, fetch).start();
    await client.subscribeAsync(`/field/raster/${uid}`);
    return station;
  }

  async #publish({ topic, payload }: OwnMessage): Promise<void> {
    await this.#client.publishAsync(topic, Buffer.from(payload));
    if (!isAboutPicture(payload)) return;
    const reply = readPictureReply(payload);
    if ("words" in reply) throw new Error(`no picture: ${reply.words}`);
    if (reply.piece === reply.pieces - 1) this.wholePictures += 1;
  }
}
