/** Where a broker is, and whom to log in as there: what `--broker` says. */
import { isIPv6 } from "node:net";

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** Empty: no login. */
  readonly userName: string;
  readonly password: string;
  /** PEM of the authorities that its certificate may come from. undefined: those that Node knows. */
  readonly authorities?: string | undefined;
}

const PORT = 1883;
const SECURE_PORT = 8883;

/** Reads `mqtt://` or `mqtts://`, `user:password@`, `host`, `:port`. Name and password may be percent-encoded. undefined: it is no such address. */
export function parseBrokerAddress(text: string): BrokerAddress | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^mqtts?:$/.test(url.protocol) || url.hostname === "" || url.port === "0") return undefined;
  if (!/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") return undefined;
  const isSecure = url.protocol === "mqtts:";
  try {
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port === "" ? (isSecure ? SECURE_PORT : PORT) : Number(url.port),
      isSecure,
      userName: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    };
  } catch {
    return undefined;
  }
}

/** Without name and password, to be shown. */
export function describeBrokerAddress({ host, port, isSecure }: BrokerAddress): string {
  return `${isSecure ? "mqtts" : "mqtt"}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
