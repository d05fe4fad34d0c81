/**
 * Identifies the account of a request: by a token in `Authorization: Bearer`, or by the cookie of a login at the console. The cookie
 * is SameSite=Strict and HttpOnly. With it a request may change something only if Origin or Sec-Fetch-Site names the console's own
 * page. A browser never sends a token on its own.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AccessError } from "../identity/access-error.ts";
import type { Account, Accounts } from "../identity/accounts.ts";
import { originOfRequest } from "../identity/client-address.ts";
import type { LoginGuard } from "../identity/login-guard.ts";
import { logInSender } from "../identity/sender-login.ts";
import type { Sessions } from "../identity/sessions.ts";
import { callersOf } from "../policy/route-rules.ts";
import { LOGIN_CHECK_MS } from "../shared/limits.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The account that asks. A public route has none. */
    account: Account;
    /** It has shown a token, no login. */
    isByToken: boolean;
  }
  interface FastifyInstance {
    /** Calls back when the login or token of a request has ended that is still being answered. Returns what ends it. */
    whenLoggedOut(request: FastifyRequest, onEnd: () => void): () => void;
  }
}

const COOKIE = "fieldpager-session";

/** Lets each request through that `policy/route-rules.ts` allows. A route without a rule cannot be added from now on. */
export function addAuthentication(
  app: FastifyInstance,
  accounts: Accounts,
  sessions: Sessions,
  guard: LoginGuard,
): void {
  app.decorateRequest("account");
  app.decorateRequest("isByToken", false);
  app.decorate("whenLoggedOut", (request: FastifyRequest, onEnd: () => void) => {
    const check = () => {
      if (typeof accountBehind(request, accounts, sessions) === "string") onEnd();
    };
    const stopListening = sessions.listen(check);
    const timer = setInterval(check, LOGIN_CHECK_MS);
    return () => {
      stopListening();
      clearInterval(timer);
    };
  });
  app.addHook("onRoute", ({ method, path }) => {
    for (const each of [method].flat()) callersOf(each, path);
  });
  app.addHook("onRequest", async (request, reply) => {
    // The route decides, not the address: `/%61pi/…` leads to the same route.
    const { url: route } = request.routeOptions;
    const callers = route === undefined ? "everyone" : callersOf(request.method, route);
    if (callers === "everyone") return undefined;
    const found =
      callers === "senders" ? await senderBehind(request, accounts, guard) : accountBehind(request, accounts, sessions);
    if (typeof found === "string") {
      if (found === UNKNOWN) reply.header("www-authenticate", 'Bearer realm="fieldpager"');
      throw new AccessError(found === UNKNOWN ? 401 : found === HELD ? 429 : 403, found);
    }
    if (found.kind === "device") throw new AccessError(403, "a device has no business here");
    if (callers === "administrators" && !found.isAdmin) throw new AccessError(403, "only an administrator may do this");
    request.account = found;
    request.isByToken = callers === "senders" || request.headers.authorization !== undefined;
    return undefined;
  });
}

/** The session's token from the browser's cookie, or undefined. */
export function sessionTokenOf({ cookies }: FastifyRequest): string | undefined {
  return cookies[COOKIE];
}

/** Sets the cookie of a session; without a token ends it. */
export function setSessionCookie(reply: FastifyReply, token: string | undefined, isSecure: boolean): void {
  const options = { path: "/", httpOnly: true, sameSite: "strict", secure: isSecure } as const;
  if (token === undefined) reply.clearCookie(COOKIE, options);
  else reply.setCookie(COOKIE, token, options);
}

const UNKNOWN = "log in first, or give a token: Authorization: Bearer …";
const HELD = "too many wrong passwords: wait a minute";
const FOREIGN = "a request with a cookie is taken only from the console's own page";

function accountBehind(request: FastifyRequest, accounts: Accounts, sessions: Sessions): Account | string {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [scheme, token = ""] = authorization.split(" ", 2);
    return (
      (scheme?.toLowerCase() === "bearer" && accounts.verifyToken(token, originOfRequest(request).isHere)) || UNKNOWN
    );
  }
  const token = sessionTokenOf(request);
  const name = token === undefined ? undefined : sessions.accountOf(token, Date.now());
  const account = name === undefined ? undefined : accounts.get(name);
  if (!account) return UNKNOWN;
  const isReading = request.method === "GET" || request.method === "HEAD";
  return isReading || isOwnPage(request.headers) ? account : FOREIGN;
}

/**
 * A token or a password, as other programs show them: in `Authorization` as Bearer or Basic, where a token may stand in the place of the
 * password; in Gotify's header or its query; in ntfy's query as the whole header in base64.
 */
async function senderBehind(request: FastifyRequest, accounts: Accounts, guard: LoginGuard): Promise<Account | string> {
  const { auth, token } = request.query as Record<string, string | string[] | undefined>;
  const key = request.headers["x-gotify-key"] ?? token;
  const authorization =
    request.headers.authorization ??
    (typeof key === "string" ? `Bearer ${key}` : undefined) ??
    (typeof auth === "string" ? Buffer.from(auth, "base64").toString("utf8") : "");
  const [scheme = "", value = ""] = authorization.split(" ", 2);
  const origin = originOfRequest(request);
  if (scheme.toLowerCase() === "bearer") return accounts.verifyToken(value, origin.isHere) ?? UNKNOWN;
  if (scheme.toLowerCase() !== "basic") return UNKNOWN;
  const [, name = "", password = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(value, "base64").toString("utf8")) ?? [];
  const found = await logInSender(accounts, guard, { name, password }, origin);
  return found === "held" ? HELD : found === "wrong" ? UNKNOWN : found.account;
}

/** Whether the browser names this station as the site of its page. `request-guard.ts` has refused those that name another. */
function isOwnPage(headers: IncomingHttpHeaders): boolean {
  return headers.origin !== undefined || headers["sec-fetch-site"] === "same-origin";
}
