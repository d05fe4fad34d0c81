/** Sends requests over HTTP that somebody else has asked for, to allowed addresses only. */
import { lookup } from "node:dns";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction, type Socket } from "node:net";
import type { AllowedAddresses } from "./allowed-address.ts";

/** The address is not public, and was not allowed. */
export class AddressNotAllowed extends Error {
  constructor() {
    super("this address is not allowed");
  }
}

export interface GuardedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

/** Resolves with the answer, whose body is not read yet. The caller destroys it. Rejects with an `AddressNotAllowed`, or as Node does. */
export type SendRequest = (url: URL, request: GuardedRequest) => Promise<IncomingMessage>;

/** @param resolve finds the addresses of a name, as `dns.lookup` does */
export function guardedSender(allowed: AllowedAddresses, resolve: typeof lookup = lookup): SendRequest {
  const checkedLookup: LookupFunction = (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      // Node connects to one of these, and asks for no others: a name cannot mean another address a moment later.
      const usable = error ? [] : addresses.filter(({ address }) => allowed.has(address));
      const [first] = usable;
      if (!first) callback(error ?? (new AddressNotAllowed() as NodeJS.ErrnoException), "", 0);
      else if (options.all) callback(null, usable);
      else callback(null, first.address, first.family);
    });
  };
  const checkSocket = (socket: Socket) => {
    socket.once("connect", () => {
      if (!allowed.has(socket.remoteAddress ?? "")) socket.destroy(new AddressNotAllowed());
    });
  };
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      // No name is looked up for an address.
      if (!mayAsk(allowed, url)) throw new AddressNotAllowed();
      const options: RequestOptions = { method, headers, signal, lookup: checkedLookup, agent: false };
      const begin = url.protocol === "https:" ? httpsRequest : httpRequest;
      begin(url, options, resolve).on("socket", checkSocket).on("error", reject).end(body);
    });
}

/** False for an address in numbers that is not allowed. What a name means is found out when it is asked. */
export function mayAsk(allowed: AllowedAddresses, { hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return !isIP(host) || allowed.has(host);
}
