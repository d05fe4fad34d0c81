/**
 * Who may call each route of the HTTP server. A route that is not here cannot be added. What an account then sees of others stands in
 * `viewing.ts`.
 */

/**
 * `everyone`: without a login. `accounts`: people and programs. `senders`: the same, by a token or a password in the request, as
 * other programs show them, and never by the cookie of a login: some of these routes send with GET. `administrators`: those of
 * `accounts` that are. A device may call nothing
 * beyond what everyone may: its password lies in its flash, where it can be read.
 */
export type Callers = "everyone" | "accounts" | "senders" | "administrators";

/** By method and path. A path that ends with `*` stands for all that begin so. */
export const ROUTE_RULES: Readonly<Record<string, Callers>> = Object.freeze({
  "GET /": "everyone",
  "GET /console.js": "everyone",
  "GET /console.css": "everyone",
  "GET /favicon.ico": "everyone",
  "GET /faces/*": "everyone",
  "GET /healthz": "everyone",
  // MQTT over WebSocket: the broker asks who it is.
  "GET /mqtt": "everyone",
  "GET /api/openapi.json": "everyone",
  "POST /api/session": "everyone",
  // The token in the address is the device's permission.
  "GET /images/:token": "everyone",
  // The token in the address is the permission of whoever was sent it.
  "GET /pictures/:token": "everyone",
  "GET /api/session": "accounts",
  "DELETE /api/session": "accounts",
  "GET /api/station": "accounts",
  "GET /api/directory": "accounts",
  "GET /api/devices": "accounts",
  "GET /api/devices/:uid": "accounts",
  "POST /api/push": "accounts",
  "POST /:to": "senders",
  "PUT /:to": "senders",
  "POST /": "senders",
  "PUT /": "senders",
  "GET /:to/publish": "senders",
  "GET /:to/send": "senders",
  "GET /:to/trigger": "senders",
  "POST /hooks/alertmanager/:to": "senders",
  "POST /hooks/grafana/:to": "senders",
  "POST /hooks/json/:to": "senders",
  "POST /gotify/:to/message": "senders",
  "GET /api/pushes": "accounts",
  "GET /api/pushes/:id": "accounts",
  "DELETE /api/pushes/:id": "accounts",
  "POST /api/pictures": "accounts",
  "GET /api/pictures/:token": "accounts",
  "GET /api/events": "accounts",
  "GET /api/tokens": "accounts",
  "POST /api/tokens": "accounts",
  "DELETE /api/tokens/:id": "accounts",
  "GET /api/webhooks": "accounts",
  "POST /api/webhooks": "accounts",
  "DELETE /api/webhooks/:id": "accounts",
  "POST /api/webhooks/:id/test": "accounts",
  "POST /api/page-pager": "accounts",
  "POST /api/accounts/:name/password": "accounts",
  "POST /api/people": "administrators",
  "POST /api/devices": "administrators",
  "POST /api/groups": "administrators",
  "PUT /api/groups/:name": "administrators",
  "DELETE /api/directory/:name": "administrators",
  "GET /api/updates": "administrators",
  "POST /api/updates": "administrators",
  "POST /presubscriptions": "administrators",
});

/** The rule of a route. Throws if it has none. @param path as it was added, with its parameters by name */
export function callersOf(method: string, path: string): Callers {
  const key = `${method === "HEAD" ? "GET" : method} ${path}`;
  const callers = ROUTE_RULES[key] ?? ROUTE_RULES[key.replace(/[^/]*$/, "*")];
  if (callers === undefined) throw new Error(`${key}: policy/route-rules.ts does not say who may call it`);
  return callers;
}
