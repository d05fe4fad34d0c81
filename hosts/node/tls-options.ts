/** Makes options for TLS from the settings. A value is PEM text or the path of a file. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity, createSecureContext } from "node:tls";
import type { BrokerSettings } from "../../src/gateway/settings.ts";
import { describeError } from "../common/describe-error.ts";

const PEM_BEGINS = "-----BEGIN ";

/** The name that the broker's certificate must hold. */
export function expectedName(broker: BrokerSettings): string {
  return broker.serverName || broker.host;
}

/**
 * Options for a connection. The files are read anew, so that a renewed certificate is used at the next connection. Throws an `Error`
 * that names the setting if its value cannot be read or used.
 */
export function tlsOptions(broker: BrokerSettings): ConnectionOptions {
  const name = expectedName(broker);
  const ca = certificates("broker.ca", broker.ca);
  const { identity } = broker;
  const cert = identity && certificates("broker.certificate", identity.certificate);
  const key = identity && pem("broker.key", identity.key);
  if (identity) usable("broker.key and broker.certificate", () => createSecureContext({ cert, key }));
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(identity ? { cert, key } : {}),
    minVersion: "TLSv1.2",
    // An address is no server name [RFC 6066, section 3]. The certificate is still checked against it.
    servername: isIP(name) ? "" : name,
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    rejectUnauthorized: !broker.isInsecure,
  };
}

function pem(setting: string, value: string): string | undefined {
  if (value === "") return undefined;
  if (value.trimStart().startsWith(PEM_BEGINS)) return value;
  try {
    return readFileSync(value, "utf8");
  } catch (error) {
    throw new Error(`setting ${setting}: expected PEM or a file that can be read: ${describeError(error)}`);
  }
}

/** Checks the first certificate. Node takes text without one for an empty list of authorities. */
function certificates(setting: string, value: string): string | undefined {
  const text = pem(setting, value);
  if (text !== undefined) usable(setting, () => new X509Certificate(text));
  return text;
}

function usable(setting: string, use: () => void): void {
  try {
    use();
  } catch (error) {
    throw new Error(`setting ${setting}: cannot be used: ${describeError(error)}`);
  }
}
