/** `POST /api/page-pager`: gives the pager in a console page its password for the broker. */
import type { FastifyInstance } from "fastify";
import type { Directory } from "../../directory/directory.ts";
import { enrol } from "../../directory/open-access.ts";
import { AccessError } from "../../identity/access-error.ts";
import type { Accounts } from "../../identity/accounts.ts";
import { PAGES_PER_ACCOUNT_MAX } from "../../shared/limits.ts";
import { errorAnswers } from "../api-schemas.ts";
import type { Remove } from "../removal.ts";

/** The uids of pagers in pages, see `hosts/browser/identity.ts`. An account gets the passwords of its own pages only. */
const PAGE_UID = "^page-[0-9a-z-]{1,59}$";

const bodySchema = {
  type: "object",
  additionalProperties: false,
  required: ["uid"],
  properties: { uid: { type: "string", pattern: PAGE_UID } },
} as const;

/** Adds the route. Each answer makes a new password, and the former is void. The server's hooks decide who may ask. */
export function addPagePagerRoutes(
  app: FastifyInstance,
  accounts: Accounts,
  directory: Directory,
  remove: Remove,
): void {
  app.post("/api/page-pager", {
    schema: {
      summary: "What the pager in a console page logs in to the broker with",
      tags: ["devices"],
      body: bodySchema,
      response: {
        200: {
          description: "Told once; the next one for the same page ends it.",
          type: "object",
          additionalProperties: false,
          required: ["userName", "password"],
          properties: { userName: { type: "string" }, password: { type: "string" } },
        },
        ...errorAnswers(400, 401, 403, 409),
      },
    },
    handler: async (request) => {
      const { uid } = request.body as { uid: string };
      const owner = request.account.name;
      const known = accounts.get(uid);
      // With the password of another's pager, or with a group's name, an account could read messages to others.
      const isTaken = known ? known.owner !== owner : directory.resolve(uid) !== undefined;
      if (isTaken) throw new AccessError(409, `uid: ${uid} is no page of ${owner}`);
      // A page that is gone for good says nothing. The oldest one makes room.
      const [oldest] = accounts.ownedBy(owner);
      if (!known && oldest !== undefined && accounts.ownedBy(owner).length >= PAGES_PER_ACCOUNT_MAX)
        await remove(oldest);
      const password = known
        ? await accounts.setPassword(uid)
        : (await accounts.create({ name: uid, kind: "device", owner })).password;
      await enrol(directory, { uid, label: "pager in a page" });
      return { userName: uid, password };
    },
  });
}
