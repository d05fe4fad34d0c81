/** Chains of certificates for a broker at 127.0.0.1 that a client accepts or refuses, and why (RFC 5280, RFC 6125, RFC 5246). */
import {
  alternativeNames,
  authority,
  CERTIFICATE_SIGNING,
  DIGITAL_SIGNATURE,
  type Extension,
  element,
  extendedKeyUsage,
  FOR_CLIENTS,
  FOR_SERVERS,
  type Identity,
  KEY_ENCIPHERMENT,
  keyUsage,
  makeIdentity,
  NO_AUTHORITY,
  sequence,
  type Wanted,
} from "./x509-maker.ts";

export interface CertificateCase {
  readonly what: string;
  /** In the order in which the server sends them, its own first. */
  readonly chain: readonly Identity[];
  /** What a device says. undefined: it connects. */
  readonly said?: RegExp;
  /** What Node says, in any version of TLS. undefined: it connects. Node may be less strict than a device. */
  readonly saidOnNode?: RegExp;
}

const HERE = alternativeNames("127.0.0.1");
const NOT_SIGNED = /^the broker's certificate is not signed by an authority of broker\.ca$/;
const MUST_NOT_SIGN = /^the broker's certificate is signed by a certificate that must not sign it$/;
const NO_SERVER = /^the broker's certificate is not meant for a server$/;
const LIMITED = /^the broker's certificate has a restriction that is not known here/;
const UNKNOWN_ON_NODE = /^the broker's certificate comes from an authority that is not known here/;

/** @returns the cases, and the value of `broker.ca` for them */
export function makeCertificateCases(): { readonly ca: string; readonly cases: readonly CertificateCase[] } {
  const root = (name: string, wanted: Partial<Wanted> = {}) =>
    makeIdentity({ name, extensions: [authority(), keyUsage(CERTIFICATE_SIGNING)], ...wanted });
  const leaf = (by: Identity, wanted: Partial<Wanted> = {}) =>
    makeIdentity({ name: "broker", by, extensions: [HERE], ...wanted });
  const between = (by: Identity, wanted: Partial<Wanted> = {}) =>
    makeIdentity({ name: "between", by, extensions: [authority()], ...wanted });
  const withExtensions = (...extensions: readonly Extension[]) => ({ extensions: [HERE, ...extensions] });

  const ec = root("EC root");
  const rsa = root("RSA root", { key: "RSA" });
  const p384 = root("P-384 root", { key: "P-384", hash: "sha384" });
  const shortRoot = root("root without room", { extensions: [authority(0)] });
  const oldRoot = root("old root", { validDays: [-10, -1] });
  const pinned = makeIdentity({ name: "pinned", extensions: [HERE] });
  const trusted = [ec, rsa, p384, shortRoot, oldRoot, pinned];
  const stranger = root("stranger");

  const good: CertificateCase[] = [
    { what: "EC by EC", chain: [leaf(ec)] },
    { what: "RSA by EC", chain: [leaf(ec, { key: "RSA" })] },
    { what: "EC by RSA", chain: [leaf(rsa)] },
    { what: "RSA by RSA", chain: [leaf(rsa, { key: "RSA" })] },
    { what: "P-384 by P-384, with SHA-384", chain: [leaf(p384, { key: "P-384", hash: "sha384" })] },
    { what: "P-384 by RSA, with SHA-512", chain: [leaf(rsa, { key: "P-384", hash: "sha512" })] },
    { what: "P-256 by P-384, with SHA-384", chain: [leaf(p384, { hash: "sha384" })] },
    { what: "P-256 by P-256, with SHA-384", chain: [leaf(ec, { hash: "sha384" })] },
    { what: "P-256 by P-256, with SHA-512", chain: [leaf(ec, { hash: "sha512" })] },
    { what: "RSA by RSA, with SHA-384", chain: [leaf(rsa, { key: "RSA", hash: "sha384" })] },
    { what: "with its authority behind it", chain: [leaf(ec), ec] },
    { what: "pinned, and signed by itself", chain: [pinned] },
    {
      what: "with everything that a good one says",
      chain: [
        leaf(ec, withExtensions(NO_AUTHORITY, keyUsage(DIGITAL_SIGNATURE), extendedKeyUsage(FOR_SERVERS, FOR_CLIENTS))),
      ],
    },
  ];
  const through = (...above: readonly Identity[]) => [leaf(above[0] as Identity), ...above];
  const one = between(ec);
  good.push({ what: "through an intermediate one", chain: through(one) });
  good.push({
    what: "through an intermediate one with no room below it",
    chain: through(between(ec, { extensions: [authority(0)] })),
  });
  const upper = between(rsa, {
    name: "upper",
    key: "P-384",
    extensions: [authority(1), keyUsage(CERTIFICATE_SIGNING)],
  });
  good.push({
    what: "through two, of all kinds",
    chain: through(between(upper, { key: "RSA", hash: "sha384" }), upper),
  });

  const tight = between(ec, { name: "tight", extensions: [authority(0)] });
  const bad: CertificateCase[] = [
    {
      what: "for another name",
      chain: [leaf(ec, { extensions: [alternativeNames("other.example", "10.0.0.1")] })],
      said: /^the broker's certificate is for other\.example, 10\.0\.0\.1, expected 127\.0\.0\.1$/,
      saidOnNode: /^the broker's certificate is for DNS:other\.example, IP Address:10\.0\.0\.1, not for 127\.0\.0\.1 /,
    },
    {
      what: "with the address as a name",
      chain: [leaf(ec, { extensions: [alternativeNames("127.0.0.1.example", "*.0.0.1x")] })],
      said: /^the broker's certificate is for 127\.0\.0\.1\.example, /,
      saidOnNode: /^the broker's certificate is for DNS:127\.0\.0\.1\.example/,
    },
    {
      what: "for no name",
      chain: [leaf(ec, { name: "127.0.0.1", extensions: [NO_AUTHORITY] })],
      said: /^the broker's certificate is for no name, expected 127\.0\.0\.1$/,
      saidOnNode: /^the broker's certificate is for nobody/,
    },
    {
      what: "expired",
      chain: [leaf(ec, { validDays: [-10, -1] })],
      said: /^the broker's certificate has expired on 2/,
      saidOnNode: /^the broker's certificate has expired/,
    },
    {
      what: "not valid yet",
      chain: [leaf(ec, { validDays: [1, 10] })],
      said: /^the broker's certificate is valid from 2.*, and the clock here says 2/,
      saidOnNode: /^the broker's certificate is not valid yet/,
    },
    {
      what: "self-signed",
      chain: [makeIdentity({ name: "self", extensions: [HERE] })],
      said: NOT_SIGNED,
      saidOnNode: /^the broker's certificate is self-signed and not known here/,
    },
    {
      what: "by an authority that nobody knows",
      chain: [leaf(stranger)],
      said: NOT_SIGNED,
      saidOnNode: UNKNOWN_ON_NODE,
    },
    {
      what: "by an authority that nobody knows, which is in the chain",
      chain: [leaf(stranger), stranger],
      said: NOT_SIGNED,
      saidOnNode: UNKNOWN_ON_NODE,
    },
    {
      what: "by a stranger with the name of our authority",
      chain: [leaf(root("EC root"))],
      said: NOT_SIGNED,
      saidOnNode: /^the broker's certificate (does not come from the authority that it names|comes from an authority)/,
    },
    { what: "without the intermediate one", chain: [leaf(one)], said: NOT_SIGNED, saidOnNode: UNKNOWN_ON_NODE },
    {
      what: "with another intermediate one",
      chain: [leaf(one), between(ec, { name: "another" })],
      said: NOT_SIGNED,
      saidOnNode: UNKNOWN_ON_NODE,
    },
    {
      what: "with a good chain of somebody else behind it",
      chain: [makeIdentity({ name: "self", extensions: [HERE] }), leaf(ec)],
      said: NOT_SIGNED,
      saidOnNode: /^the broker's certificate is self-signed/,
    },
    {
      what: "with a signature that does not fit",
      chain: [leaf(ec, { isForged: true })],
      said: NOT_SIGNED,
      saidOnNode: /^the broker's certificate does not come from the authority that it names/,
    },
    {
      what: "through one whose signature does not fit",
      chain: through(between(ec, { isForged: true })),
      said: NOT_SIGNED,
      saidOnNode: /^the broker's certificate does not come from the authority that it names/,
    },
    {
      what: "through one that does not say that it is an authority",
      chain: through(between(ec, { extensions: [keyUsage(CERTIFICATE_SIGNING)] })),
      said: MUST_NOT_SIGN,
      saidOnNode: /./,
    },
    {
      what: "through one that says that it is no authority",
      chain: through(between(ec, { extensions: [NO_AUTHORITY] })),
      said: MUST_NOT_SIGN,
      saidOnNode: /./,
    },
    {
      what: "through another broker's certificate",
      chain: through(leaf(ec, { name: "another broker" })),
      said: MUST_NOT_SIGN,
      saidOnNode: /./,
    },
    {
      what: "through an authority that must not sign",
      chain: through(between(ec, { extensions: [authority(), keyUsage(DIGITAL_SIGNATURE)] })),
      said: MUST_NOT_SIGN,
      saidOnNode: /./,
    },
    {
      what: "through two, where there is room for one",
      chain: through(between(tight), tight),
      said: MUST_NOT_SIGN,
      saidOnNode: /./,
    },
    {
      what: "through one, where the root has room for none",
      chain: through(between(shortRoot)),
      said: MUST_NOT_SIGN,
      saidOnNode: /./,
    },
    {
      what: "through one that has expired",
      chain: through(between(ec, { validDays: [-10, -1] })),
      said: /^the broker's certificate has expired/,
      saidOnNode: /^the broker's certificate has expired/,
    },
    {
      what: "by an authority that has expired",
      chain: [leaf(oldRoot)],
      said: /^the broker's certificate has expired/,
      saidOnNode: /^the broker's certificate has expired/,
    },
    {
      what: "signed with a pinned certificate, which is no authority",
      chain: [leaf(pinned)],
      said: MUST_NOT_SIGN,
      saidOnNode: /./,
    },
    {
      what: "for clients",
      chain: [leaf(ec, withExtensions(extendedKeyUsage(FOR_CLIENTS)))],
      said: NO_SERVER,
      saidOnNode: /^the broker's certificate is not meant for a server/,
    },
    {
      what: "with a key that must not sign",
      chain: [leaf(ec, withExtensions(keyUsage(CERTIFICATE_SIGNING)))],
      said: NO_SERVER,
      saidOnNode: /^the broker's certificate is not meant for a server/,
    },
    // Some cipher suites of TLS 1.2 use such a key. They are not offered here, but OpenSSL does not check which one was chosen.
    {
      what: "with a key for encryption only",
      chain: [leaf(ec, withExtensions(keyUsage(KEY_ENCIPHERMENT)))],
      said: NO_SERVER,
    },
    {
      what: "with a limit that nobody knows",
      chain: [leaf(ec, withExtensions({ identifier: "1.3.6.1.4.1.99999.1", isCritical: true, value: sequence() }))],
      said: LIMITED,
      saidOnNode: /./,
    },
    {
      what: "through one that is for other addresses only",
      chain: through(between(ec, { extensions: [authority(), ELSEWHERE_ONLY] })),
      said: LIMITED,
      saidOnNode: /./,
    },
    { what: "with SHA-1", chain: [leaf(ec, { hash: "sha1" })], said: NOT_SIGNED, saidOnNode: /./ },
    { what: "on a curve that is not offered", chain: [leaf(ec, { key: "P-521" })], said: /^TLS: / },
  ];
  return { ca: trusted.map(({ certificate }) => certificate).join(""), cases: [...good, ...bad] };
}

/** For addresses of 10.0.0.0/8 only (RFC 5280, section 4.2.1.10). */
const ELSEWHERE_ONLY: Extension = {
  identifier: "2.5.29.30",
  isCritical: true,
  value: sequence(element(0xa0, sequence(element(0x87, Buffer.of(10, 0, 0, 0, 255, 0, 0, 0))))),
};
