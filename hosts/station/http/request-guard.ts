/**
 * Refuses requests before any login is looked at: those that a page of another site has made in the user's browser, and on loopback
 * those with another name in Host (an attacker can let such a name point to this machine).
 */
import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../../common/loopback.ts";

/**
 * Why a request is refused; undefined if it is not.
 * @param boundHost the address that the station listens on
 * @param publicHost host and port at which browsers reach it, if a proxy is before it
 */
export function refusalOf(
  method: string,
  headers: IncomingHttpHeaders,
  boundHost: string,
  publicHost: string | undefined,
): string | undefined {
  const host = headers.host ?? "";
  if (isLoopback(boundHost) && !isLoopback(hostName(host)) && host.toLowerCase() !== publicHost)
    return `Host ${JSON.stringify(host.slice(0, 100))}: expected the address that this station listens on`;
  if (method === "GET" || method === "HEAD") return undefined;
  return crossSiteRefusal(headers, publicHost);
}

/** As `refusalOf`, for requests that change something by any method: a page of any site can open a WebSocket with GET. */
export function crossSiteRefusal(headers: IncomingHttpHeaders, publicHost: string | undefined): string | undefined {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none")
    return `Sec-Fetch-Site ${JSON.stringify(String(site).slice(0, 40))}: requests of other sites are not taken`;
  const { origin, host } = headers;
  if (origin === undefined) return undefined;
  const originHost = URL.canParse(origin) ? new URL(origin).host : "";
  return originHost !== "" && (originHost === host?.toLowerCase() || originHost === publicHost)
    ? undefined
    : `Origin ${JSON.stringify(origin.slice(0, 100))}: requests of other sites are not taken`;
}

function hostName(host: string): string {
  if (!URL.canParse(`http://${host}`)) return "";
  return new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, "$1");
}
