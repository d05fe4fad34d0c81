/** A request to the station's own web service. Its certificate is known, and may be for another name. */
import { X509Certificate } from "node:crypto";
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { TLSSocket } from "node:tls";
import { DIRECTORY_TIMEOUT_MS } from "../shared/limits.ts";

export interface Credentials {
  readonly directoryToken: string;
  readonly directoryCertificate?: string | undefined;
}

/** Rejects if there is no answer, and for another certificate. */
export function postJson(
  url: string,
  body: unknown,
  { directoryToken, directoryCertificate }: Credentials,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly bytes: Uint8Array }> {
  const options = {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${directoryToken}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(DIRECTORY_TIMEOUT_MS)]),
  };
  return new Promise((resolve, reject) => {
    const take = (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) }));
      response.on("error", reject);
    };
    const text = JSON.stringify(body);
    let request: ClientRequest;
    if (directoryCertificate === undefined) request = requestHttp(url, options, take).end(text);
    else {
      const { fingerprint256 } = new X509Certificate(directoryCertificate);
      // The certificate has to be the very one that is known. No authority is asked.
      request = requestHttps(url, { ...options, rejectUnauthorized: false, agent: false }, take);
      request.on("socket", (socket) => {
        socket.on("secureConnect", () => {
          if ((socket as TLSSocket).getPeerCertificate().fingerprint256 === fingerprint256) request.end(text);
          else request.destroy(new Error("the directory shows another certificate"));
        });
      });
    }
    request.on("error", reject);
  });
}
