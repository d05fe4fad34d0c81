import type { BrokerSettings } from "../../src/gateway/settings.ts";
import { describeError } from "../common/describe-error.ts";
import type { Failure } from "./tcp-transport.ts";
import { expectedName } from "./tls-options.ts";

const UNKNOWN_AUTHORITY =
  "the broker's certificate comes from an authority that is not known here; broker.ca names those that are";

/** Not a refusal: a damaged byte or a login page on the way may look the same. */
const NOT_TLS = "there is no TLS at this port";

const MUST_NOT_SIGN = "the broker's certificate is signed by a certificate that must not sign it";

/** Node's code for a certificate that OpenSSL rejects for a reason without a code of its own. */
const UNSPECIFIED = "UNSPECIFIED";

/** The meaning of codes of Node and OpenSSL, for whoever sets up the broker or the pager. */
const WORDS: Readonly<Record<string, string>> = Object.freeze({
  CERT_HAS_EXPIRED: "the broker's certificate has expired",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet, or the clock of this machine is wrong",
  CERT_REVOKED: "the broker's certificate was revoked",
  CERT_SIGNATURE_FAILURE: "the broker's certificate does not come from the authority that it names",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the broker's certificate is self-signed and not known here; broker.ca can name it",
  CERT_CHAIN_TOO_LONG: MUST_NOT_SIGN,
  INVALID_CA: MUST_NOT_SIGN,
  PATH_LENGTH_EXCEEDED: MUST_NOT_SIGN,
  INVALID_PURPOSE: "the broker's certificate is not meant for a server",
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  ERR_SSL_UNSUPPORTED_PROTOCOL: "the broker speaks no TLS 1.2 or later",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "the broker refuses our versions of TLS",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    "the broker asks for a certificate of ours: broker.certificate and broker.key",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "the broker does not know the authority of our certificate (broker.certificate)",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "the broker refuses our certificate (broker.certificate)",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "the broker finds that our certificate (broker.certificate) has expired",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: "the broker finds that our certificate (broker.certificate) was revoked",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "the broker refuses our certificate (broker.certificate)",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "the broker refuses the handshake; it may ask for broker.certificate",
});

/** After the handshake OpenSSL's words stand only in Node's message: `…:error:<number>:<library>:<function>:<words>:…`. */
const OPENSSL_WORDS = /:error:[^:]*:[^:]*:[^:]*:([^:]+):/;

/** Says in one line why a connection with TLS failed, with the code in brackets. An unknown code is no refusal. */
export function explainTls(error: unknown, broker: BrokerSettings): Failure {
  if (!(error instanceof Error)) return { reason: describeError(error), isRefusal: false };
  const [, words] = OPENSSL_WORDS.exec(error.message) ?? [];
  const code = words ? `ERR_SSL_${words.toUpperCase().replaceAll(" ", "_")}` : (error as NodeJS.ErrnoException).code;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const names = (error as { cert?: { subjectaltname?: string } }).cert?.subjectaltname ?? "nobody";
    const reason = `the broker's certificate is for ${names}, not for ${expectedName(broker)} (${code})`;
    return { reason, isRefusal: true };
  }
  if (code === UNSPECIFIED)
    return { reason: `the broker's certificate is not believed: ${error.message}`, isRefusal: true };
  const known = code === undefined ? undefined : WORDS[code];
  if (known === undefined) return { reason: words ? `TLS: ${words}` : describeError(error).trim(), isRefusal: false };
  return { reason: `${known} (${code})`, isRefusal: known !== NOT_TLS };
}
