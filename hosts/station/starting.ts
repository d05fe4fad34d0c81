/** Opens folder and ports of a station that starts. What its user can change is said in words, with the flag for it. */
import type { FastifyInstance } from "fastify";
import { LdapError } from "./directory/ldap-directory.ts";
import type { MailAddress, MailServer } from "./senders/mail-server.ts";
import { StationError } from "./shared/station-error.ts";
import { StoreInUse } from "./store/folder-lock.ts";

/** Resolves with the port. */
export async function listenMail(mail: MailServer, address: MailAddress, url: string): Promise<number> {
  try {
    return await mail.listen(address, url);
  } catch (error) {
    throw listenError(error, address.host, address.port, "--smtp");
  }
}

/** Resolves with the port. */
export async function listenHttp(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenError(error, host, port, "--http-port");
  }
  const address = app.server.address();
  return typeof address === "object" && address ? address.port : port;
}

/** The error of a port that cannot be listened on. @param flag that names another port */
export function listenError(error: unknown, host: string, port: number, flag: string): unknown {
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return new StationError(`port ${port} of ${host} is taken by another program: choose another one with ${flag}`);
    case "EACCES":
      return new StationError(`port ${port} of ${host} may not be used by this user: choose another one with ${flag}`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new StationError(
        `${host} is no address of this machine: choose another one with ${flag === "--smtp" ? flag : "--host"}`,
      );
    default:
      return error;
  }
}

/** Opens something in the data folder. */
export async function openFolder<T>(data: string, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof LdapError) throw new StationError(`${error.message}: see --ldap`);
    if (error instanceof StoreInUse)
      throw new StationError(`folder ${data} is in use by another station: choose another one with --data`);
    const reason =
      error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : String(error);
    throw new StationError(`folder ${data} cannot be used (${reason}): choose another one with --data`);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
