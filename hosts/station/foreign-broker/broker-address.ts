/** Where a broker is, and whom to log in as there: what `--broker` says. */
import { isIPv6 } from "node:net";

/** Where one node of it listens. */
export interface BrokerNode {
  readonly host: string;
  readonly port: number;
}

export interface BrokerAddress extends BrokerNode {
  /** Further nodes of the same cluster, in the order in which they are tried. The login is the same. */
  readonly fallback?: readonly BrokerNode[];
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

/** Reads nodes as the setting `broker.fallback` of a pager has them: `host` or `host:port`, with commas between them. undefined: it is no such list. */
export function parseBrokerNodes(text: string, isSecure: boolean): readonly BrokerNode[] | undefined {
  const nodes = text.split(",").map((node) => parseBrokerAddress(`${isSecure ? "mqtts" : "mqtt"}://${node.trim()}`));
  if (nodes.some((node) => node === undefined || node.userName !== "")) return undefined;
  return nodes.flatMap((node) => (node ? [{ host: node.host, port: node.port }] : []));
}

/** Without name and password, to be shown. */
export function describeBrokerAddress({ host, port, isSecure }: BrokerNode & Pick<BrokerAddress, "isSecure">): string {
  return `${isSecure ? "mqtts" : "mqtt"}://${hostAndPort({ host, port })}`;
}

/** As the setting `broker.fallback` of a pager has it. */
export function hostAndPort({ host, port }: BrokerNode): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
