/** The address of an image, `https://host[:port]/path`. `http` is taken too, because the image is signed. */
export interface ImageAddress {
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  /** Path and query. It begins with `/`. */
  readonly path: string;
}

/** Characters of a host name or an IPv4 address, and printable ASCII without blanks. */
const HOST = "[A-Za-z0-9.-]{1,253}";
const PATH = '/[!-"$-~]*';

/** Returns undefined for any other text: with a user name, with a fragment, or with characters that a request must not hold. */
export function parseImageAddress(text: string): ImageAddress | undefined {
  const found = new RegExp(`^(https?)://(${HOST})(?::(\\d{1,5}))?(${PATH})$`).exec(text);
  if (!found) return undefined;
  const [, scheme, host = "", digits, path = ""] = found;
  const isSecure = scheme === "https";
  const port = digits === undefined ? (isSecure ? 443 : 80) : Number(digits);
  return port >= 1 && port <= 65_535 ? { isSecure, host, port, path } : undefined;
}
