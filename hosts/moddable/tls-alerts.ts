/** What a broker says by an alert (RFC 5246, section 7.2; RFC 8446, section 6). */
const ALERTS: Readonly<Record<number, string>> = Object.freeze({
  0: "it closed the connection",
  40: "no cipher or version in common",
  42: "our certificate is bad",
  43: "our certificate is of a kind that it does not know",
  44: "our certificate is revoked",
  45: "our certificate has expired",
  46: "it does not accept our certificate",
  48: "it does not know who signed our certificate",
  49: "it does not let us in",
  70: "it does not speak TLS 1.2",
  71: "our ciphers are too weak for it",
  80: "something went wrong in it",
  112: "it does not know the name that we asked for",
  116: "it wants a certificate of us",
});

export function alertInWords(description: number): string {
  return `TLS: the broker broke off the handshake: ${ALERTS[description] ?? `alert ${description}`}`;
}

/** The SDK throws most alerts as `alert: level, description`. Any other message stays as it is. */
export function errorInWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!message.startsWith("alert: ")) return message === "" ? "TLS: the broker sends what is no TLS" : message;
  return alertInWords(Number(message.slice(message.indexOf(",") + 1)));
}
