/** Takes pushes, by whichever route they come. */
import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from "fastify";
import { isUid, UID_RULE } from "../../../src/payload/uid.ts";
import type { UploadedPictures } from "../pictures/uploaded-pictures.ts";
import { type AcceptedPush, PushRefused, type PushService } from "../push/push-service.ts";
import type { PushRequest } from "../shared/push.ts";
import { PUSH_RATE } from "./account-rate.ts";

export class PushIntake {
  readonly #pushes: PushService;
  readonly #pictures: Pick<UploadedPictures, "keep">;
  /** For `preHandler` of each of these routes. One limiter counts for all of them, and only requests whose form is right. */
  readonly limit: preHandlerAsyncHookHandler;

  /** @param pictures keep what a push shows as long as the push */
  constructor(app: Pick<FastifyInstance, "rateLimit">, pushes: PushService, pictures: Pick<UploadedPictures, "keep">) {
    this.limit = app.rateLimit(PUSH_RATE);
    this.#pushes = pushes;
    this.#pictures = pictures;
  }

  /** Accepts a push of the account that asks. Rejects as `PushService.push`. */
  async take({ account }: FastifyRequest, push: PushRequest, idempotencyKey?: string): Promise<AcceptedPush> {
    if (!isUid(push.to)) throw new PushRefused(400, `to: expected ${UID_RULE}`);
    const { name, isAdmin } = account;
    const accepted = await this.#pushes.push(push, { account: name, isAdmin, idempotencyKey });
    await this.#pictures.keep(push);
    return accepted;
  }
}
