/** The directory's web service: `POST /presubscriptions` with `{"client_uid": uid}` answers one line of text. */
import type { FastifyInstance } from "fastify";
import { UID_BYTES_MAX } from "../../../src/limits.ts";
import { encodeDirectoryLine } from "../../../src/payload/optional/presubscription.ts";
import { isUid, UID_RULE } from "../../../src/payload/uid.ts";
import { AccessError } from "../access/access-error.ts";
import type { Accounts } from "../access/accounts.ts";
import { isFromHere } from "../access/client-address.ts";
import type { Directory } from "../directory/directory.ts";
import { presubscriptionOf } from "./directory-answer.ts";

export const PRESUBSCRIPTIONS_PATH = "/presubscriptions";

const bodySchema = {
  type: "object",
  additionalProperties: false,
  required: ["client_uid"],
  properties: { client_uid: { type: "string", minLength: 1, maxLength: UID_BYTES_MAX } },
} as const;

/** Takes the token of an administrator, or what the local key gives on this machine, as `Authorization: Bearer …`. */
export function addPresubscriptionRoutes(
  app: FastifyInstance,
  env: string,
  accounts: Accounts,
  directory: Directory,
): void {
  app.post(PRESUBSCRIPTIONS_PATH, {
    schema: { hide: true, body: bodySchema },
    handler: async (request, reply) => {
      const [, token = ""] = request.headers.authorization?.match(/^Bearer (\S+)$/) ?? [];
      if (!accounts.verifyToken(token, isFromHere(request.socket))?.isAdmin)
        throw new AccessError(401, "Authorization: expected Bearer and the token of an administrator");
      const { client_uid: uid } = request.body as { client_uid: string };
      if (!isUid(uid)) throw new AccessError(400, `client_uid: expected ${UID_RULE}`);
      const line = encodeDirectoryLine(presubscriptionOf(env, directory, uid));
      return reply.type("text/plain; charset=utf-8").send(Buffer.concat([line, Buffer.from("\n")]));
    },
  });
}
