/** The directory's web service: `POST /presubscriptions` with `{"client_uid": uid}` answers one line of text. */
import type { FastifyInstance } from "fastify";
import { UID_BYTES_MAX } from "../../../../src/limits.ts";
import { encodeDirectoryLine } from "../../../../src/payload/optional/presubscription.ts";
import { isUid, UID_RULE } from "../../../../src/payload/uid.ts";
import type { Directory } from "../../directory/directory.ts";
import { AccessError } from "../../identity/access-error.ts";
import { presubscriptionOf } from "../../presubscription/directory-answer.ts";
import { PRESUBSCRIPTIONS_PATH } from "../../presubscription/presubscriber.ts";

const bodySchema = {
  type: "object",
  additionalProperties: false,
  required: ["client_uid"],
  properties: { client_uid: { type: "string", minLength: 1, maxLength: UID_BYTES_MAX } },
} as const;

export function addPresubscriptionRoutes(app: FastifyInstance, env: string, directory: Directory): void {
  app.post(PRESUBSCRIPTIONS_PATH, {
    schema: { hide: true, body: bodySchema },
    handler: async (request, reply) => {
      const { client_uid: uid } = request.body as { client_uid: string };
      if (!isUid(uid)) throw new AccessError(400, `client_uid: expected ${UID_RULE}`);
      const line = encodeDirectoryLine(presubscriptionOf(env, directory, uid));
      return reply.type("text/plain; charset=utf-8").send(Buffer.concat([line, Buffer.from("\n")]));
    },
  });
}
