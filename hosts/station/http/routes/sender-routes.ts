/**
 * What other programs send already, each in its own format: ntfy's publish API at the root, Gotify's below `/gotify/<to>`, webhooks below
 * `/hooks`. Each becomes a push as if it had come by `POST /api/push`.
 */
import type { FastifyError, FastifyInstance, FastifyRequest } from "fastify";
import type { UploadedPictures } from "../../pictures/uploaded-pictures.ts";
import type { PushIntake } from "../../push/push-intake.ts";
import { alertPush } from "../../senders/alerts.ts";
import { gotifyPush } from "../../senders/gotify.ts";
import { type NtfyPush, ntfyJsonPush, ntfyPush } from "../../senders/ntfy.ts";
import { SenderRefused } from "../../senders/sender-refused.ts";
import { webhookPush } from "../../senders/webhook.ts";
import { DELIVERY_AGE_MS, SENDER_BYTES_MAX } from "../../shared/limits.ts";
import { pushRate } from "../account-rate.ts";
import { errorWords } from "../error-words.ts";
import { originOf } from "../request-origin.ts";

type ToRequest = FastifyRequest<{ Params: { readonly to: string }; Querystring: Record<string, string | string[]> }>;

/** @param publicUrl at which devices and browsers reach the station, if a proxy is before it */
export async function addSenderRoutes(
  app: FastifyInstance,
  intake: PushIntake,
  pictures: UploadedPictures,
  publicUrl: string | undefined,
): Promise<void> {
  const options = { bodyLimit: SENDER_BYTES_MAX, preHandler: pushRate(intake), schema: { hide: true } };
  await app.register(async (ntfy) => {
    takeAnyBody(ntfy);
    ntfy.setErrorHandler((error: FastifyError, request, reply) => {
      const { status, words } = errorWords(error, request, reply);
      const code = error instanceof SenderRefused ? error.ntfyCode : status * 100 + 1;
      void reply.code(status).send({ code, http: status, error: words });
    });
    const answer = async (request: FastifyRequest, { push, calls, picture, echo }: NtfyPush) => {
      const { account } = request;
      const kept = picture && (await pictures.addBeside(account, Buffer.from(picture), publicUrl ?? originOf(request)));
      const { id } = await intake.take(account, { ...push, ...(kept && { picture: kept }) }, { calls });
      const time = Math.floor(Date.now() / 1_000) + (push.delaySeconds ?? 0);
      return { id, time, expires: time + DELIVERY_AGE_MS / 1_000, ...echo };
    };
    const publish = (request: ToRequest) =>
      answer(request, ntfyPush(request.params.to, bytesOf(request), request.headers, queryOf(request), Date.now()));
    for (const method of ["POST", "PUT"] as const) {
      ntfy.route({ method, url: "/:to", ...options, handler: publish });
      ntfy.route({
        method,
        url: "/",
        ...options,
        handler: async (request) =>
          answer(request, ntfyJsonPush(bytesOf(request), request.headers, queryOf(request as ToRequest), Date.now())),
      });
    }
    for (const word of ["publish", "send", "trigger"]) ntfy.get(`/:to/${word}`, { ...options, handler: publish });
  });
  await app.register(async (hooks) => {
    takeAnyBody(hooks);
    for (const name of ["alertmanager", "grafana"])
      hooks.post(`/hooks/${name}/:to`, {
        ...options,
        handler: async (request: ToRequest) => ({
          id: (await intake.take(request.account, alertPush(request.params.to, bytesOf(request)))).id,
        }),
      });
    hooks.post("/hooks/json/:to", {
      ...options,
      handler: async (request: ToRequest) => ({
        id: (await intake.take(request.account, webhookPush(request.params.to, bytesOf(request), queryOf(request)))).id,
      }),
    });
  });
  await app.register(async (gotify) => {
    takeAnyBody(gotify);
    gotify.setErrorHandler((error: FastifyError, request, reply) => {
      const { status, words } = errorWords(error, request, reply);
      void reply.code(status).send({ error: words, errorCode: status, errorDescription: words });
    });
    /** Gotify's messages have numbers. */
    let count = 0;
    gotify.post("/gotify/:to/message", {
      ...options,
      handler: async (request: ToRequest) => {
        const type = request.headers["content-type"] ?? "";
        const { push, echo } = await gotifyPush(request.params.to, bytesOf(request), type);
        await intake.take(request.account, push);
        count += 1;
        return { id: count, ...echo, date: new Date().toISOString() };
      },
    });
  });
}

/** The format is told by the address: clients say of it what they like. */
function takeAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}

function bytesOf({ body }: FastifyRequest): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array();
}

/** The token is no part of the message. */
function queryOf({ query }: FastifyRequest): Record<string, string> {
  const { token: _token, auth: _auth, ...rest } = query as Record<string, string | string[]>;
  return Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name.toLowerCase(), [value].flat().join(",")]),
  );
}
