import type { Values } from "../../src/gateway/setting.ts";

/** For `configure` of the SDK's network interfaces. */
export interface FixedAddress {
  readonly address: string;
  readonly mask: string;
  readonly gateway: string;
}

/** The gateway where there is none. */
const NO_GATEWAY = "0.0.0.0";

/** What the settings `network.address` and `network.gateway` say. They have been checked. undefined: the network gives an address. */
export function fixedAddressOf(own: Values): FixedAddress | undefined {
  const [address = "", prefix] = String(own["network.address"]).split("/");
  if (address === "") return undefined;
  return { address, mask: maskOf(Number(prefix)), gateway: String(own["network.gateway"]) || NO_GATEWAY };
}

/** @param prefix 0 to 32 bits */
function maskOf(prefix: number): string {
  const bytes = [0, 8, 16, 24].map((from) => 256 - 2 ** (8 - Math.max(0, Math.min(8, prefix - from))));
  return bytes.join(".");
}
