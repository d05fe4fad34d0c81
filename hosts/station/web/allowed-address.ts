/** Which addresses the station asks on behalf of others: whoever may send a push may name one, and that must open no way into a network. */
import { BlockList, isIP } from "node:net";

/** Networks that are not of the public internet (IANA's registries of special addresses). */
const NOT_PUBLIC = listOf([
  ..."0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24".split(" "),
  ..."192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4".split(" "),
  // Of 2000::/3, which is all that is public: those that hold an address of version 4, and those of examples and tests.
  ..."2001::/23 2001:db8::/32 2002::/16 3fff::/20".split(" "),
]);

const PUBLIC_6 = listOf(["2000::/3"]);

export class AllowedAddresses {
  readonly #further: BlockList;

  /** @param further addresses or networks, such as `10.0.0.7` or `fd00::/8`, that are allowed although they are not public */
  constructor(further: readonly string[]) {
    this.#further = listOf(further);
  }

  /** @param address of version 4 or 6, not a name */
  has(address: string): boolean {
    const version = isIP(address);
    if (version === 0) return false;
    const family = version === 4 ? "ipv4" : "ipv6";
    if (this.#further.check(address, family)) return true;
    // An address of version 4 in the form of version 6 is not in 2000::/3, and so it is not allowed.
    return !NOT_PUBLIC.check(address, family) && (version === 4 || PUBLIC_6.check(address, family));
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    list.addSubnet(address, bits === undefined ? (family === "ipv4" ? 32 : 128) : Number(bits), family);
  }
  return list;
}
