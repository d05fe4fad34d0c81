/**
 * Which requests are taken at all, before anyone asks who makes them: none that a page of another site made in the user's
 * browser, and on loopback none whose Host is another name (a name of another site that was made to point to this machine).
 */
import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../node/loopback.ts";

/** Why a request is refused, or undefined. `boundHost` is the address that the station listens on. */
export function refusalOf(method: string, headers: IncomingHttpHeaders, boundHost: string): string | undefined {
  const host = headers.host ?? "";
  if (isLoopback(boundHost) && !isLoopback(hostName(host)))
    return `Host ${JSON.stringify(host.slice(0, 100))}: expected the address that this station listens on`;
  if (method === "GET" || method === "HEAD") return undefined;
  return crossSiteRefusal(headers);
}

/** As `refusalOf`, for what changes something whatever its method: a WebSocket is opened by a GET of any site's page. */
export function crossSiteRefusal(headers: IncomingHttpHeaders): string | undefined {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none")
    return `Sec-Fetch-Site ${JSON.stringify(String(site).slice(0, 40))}: requests of other sites are not taken`;
  const { origin, host } = headers;
  if (origin === undefined) return undefined;
  const originHost = URL.canParse(origin) ? new URL(origin).host : "";
  return originHost !== "" && originHost === host?.toLowerCase()
    ? undefined
    : `Origin ${JSON.stringify(origin.slice(0, 100))}: requests of other sites are not taken`;
}

function hostName(host: string): string {
  if (!URL.canParse(`http://${host}`)) return "";
  return new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, "$1");
}
