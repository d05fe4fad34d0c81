/** Good and bad certificates, made by openssl for one test, in a folder that the test removes. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Paths of two PEM files. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export interface Certificates {
  /** The authority that signs all but `unknown`, `selfSigned` and `strangeClient`. */
  readonly ca: Identity;
  /** The certificate of a broker at 127.0.0.1 and localhost. */
  readonly server: Identity;
  readonly expired: Identity;
  /** The certificate of a broker named `other.example`. */
  readonly otherName: Identity;
  /** Signed by an authority that nobody knows. */
  readonly unknown: Identity;
  readonly selfSigned: Identity;
  readonly client: Identity;
  /** Signed by an authority that the broker does not know. */
  readonly strangeClient: Identity;
  remove(): void;
}

const HERE = "IP:127.0.0.1,DNS:localhost";
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

export function makeCertificates(openssl: string): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "fieldpager-certificates-"));
  const run = (...args: string[]) => execFileSync(openssl, args, { stdio: ["ignore", "ignore", "pipe"] });
  const pathsOf = (name: string): Identity => ({
    certificate: join(folder, `${name}.pem`),
    key: join(folder, `${name}.key`),
  });
  const signItself = (name: string, ...extensions: string[]): Identity => {
    const { certificate, key } = pathsOf(name);
    const added = extensions.flatMap((extension) => ["-addext", extension]);
    run(
      "req",
      "-x509",
      ...NEW_KEY,
      "-subj",
      `/CN=${name}`,
      "-days",
      "2",
      "-keyout",
      key,
      "-out",
      certificate,
      ...added,
    );
    return { certificate, key };
  };
  const sign = (name: string, by: Identity, names: string, days = 2): Identity => {
    const { certificate, key } = pathsOf(name);
    const request = join(folder, `${name}.csr`);
    const extensions = join(folder, `${name}.ext`);
    writeFileSync(extensions, names === "" ? "extendedKeyUsage=clientAuth\n" : `subjectAltName=${names}\n`);
    run("req", ...NEW_KEY, "-subj", `/CN=${name}`, "-keyout", key, "-out", request);
    const signer = ["-CA", by.certificate, "-CAkey", by.key, "-CAcreateserial", "-days", String(days)];
    run("x509", "-req", "-in", request, ...signer, "-extfile", extensions, "-out", certificate);
    return { certificate, key };
  };
  const ca = signItself("ca");
  const otherCa = signItself("other-ca");
  return {
    ca,
    server: sign("server", ca, HERE),
    expired: sign("expired", ca, HERE, -1),
    otherName: sign("other-name", ca, "DNS:other.example"),
    unknown: sign("unknown", otherCa, HERE),
    selfSigned: signItself("self-signed", `subjectAltName=${HERE}`),
    client: sign("client", ca, ""),
    strangeClient: sign("strange-client", otherCa, ""),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function textOf({ certificate, key }: Identity): { readonly cert: string; readonly key: string } {
  return { cert: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
}
