import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { authority, extendedKeyUsage, FOR_SERVERS, type Identity, makeIdentity } from "../../x509-maker.ts";

interface Program {
  readonly CertificateCheck: new (options: object) => { verify(chain: readonly Uint8Array[]): boolean };
  readonly count: { verifications: number };
}

/** The modules of the SDK, and their replacements here. */
const SDK: Readonly<Record<string, string>> = {
  ber: "BER as default",
  crypt: "Digest",
  ecdsa: "ECDSA as default",
  pkcs1_5: "PKCS1_5 as default",
  x509: "X509 as default",
};

let folder: string;
let program: Program;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fieldpager-certificate-check-"));
  const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const standIn = JSON.stringify(pathOf("./sdk-crypto.ts"));
  const entry = [
    `export { CertificateCheck } from ${JSON.stringify(pathOf("../../../hosts/moddable/tls/certificate-check.ts"))};`,
    `export { count } from ${standIn};`,
  ].join("\n");
  const outfile = join(folder, "program.mjs");
  await build({
    stdin: { contents: entry, resolveDir: folder },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "silent",
    plugins: [
      {
        name: "sdk",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^(ber|crypt|ecdsa|pkcs1_5|x509)$/ }, ({ path }) => ({ path, namespace: "sdk" }));
          onLoad({ filter: /.*/, namespace: "sdk" }, ({ path }) => ({
            contents: `export { ${SDK[path]} } from ${standIn};`,
            resolveDir: folder,
          }));
        },
      },
    ],
  });
  program = (await import(pathToFileURL(outfile).href)) as Program;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  program.count.verifications = 0;
});

const authorityNamed = (name: string, by?: Identity) =>
  makeIdentity({ name, extensions: [authority()], ...(by && { by }) });
const brokerBy = (by: Identity, isForged = false) =>
  makeIdentity({ name: "broker.example", by, isForged, extensions: [extendedKeyUsage(FOR_SERVERS)] });

/** The bytes in a buffer of their own, as on a board, and not in Node's shared pool. */
const bytesOf = ({ der }: Identity) => Uint8Array.from(der);

/** 2000-01-01 and 2200-01-01: before and after every certificate of these tests. */
const [EARLY_SECONDS, LATE_SECONDS] = [946_684_800, 7_258_118_400];

type Time = { readonly kind: "known" | "atLeast"; readonly seconds: number };

function verify(
  chain: readonly Identity[],
  authorities: readonly Identity[],
  time: Time = { kind: "known", seconds: Date.now() / 1000 },
): void {
  const check = new program.CertificateCheck({
    authorities: authorities.map(bytesOf),
    expectedName: "broker.example",
    isInsecure: false,
    ownChain: [],
    time,
  });
  check.verify(chain.map(bytesOf));
}

it("a chain costs one verification for each link, however many authorities are trusted", () => {
  const root = authorityNamed("root");
  const middle = authorityNamed("middle", root);
  const others = ["a", "b", "c"].map((name) => authorityNamed(name));
  verify([brokerBy(middle), middle], [...others, root]);
  expect(program.count.verifications).toBe(2);
  program.count.verifications = 0;
  verify([brokerBy(root)], [...others, root]);
  expect(program.count.verifications).toBe(1);
});

it("each of two authorities with the same name is tried: one may have a new key", () => {
  const [old, current] = [authorityNamed("root"), authorityNamed("root")];
  verify([brokerBy(current)], [old, current]);
  expect(program.count.verifications).toBe(2);
});

it("a certificate with an unknown issuer is refused without a verification, whoever signed it", () => {
  const root = authorityNamed("root");
  const renamed = { ...root, name: "somebody else" };
  expect(() => verify([brokerBy(renamed)], [root])).toThrow("not signed by an authority of broker.ca");
  expect(program.count.verifications).toBe(0);
  expect(() => verify([brokerBy(root, true)], [root])).toThrow("not signed by an authority of broker.ca");
  expect(program.count.verifications).toBe(1);
});

it("the dates of a certificate are compared with the clock", () => {
  const root = authorityNamed("root");
  expect(() => verify([brokerBy(root)], [root], { kind: "known", seconds: EARLY_SECONDS })).toThrow("is valid from");
  expect(() => verify([brokerBy(root)], [root], { kind: "known", seconds: LATE_SECONDS })).toThrow("has expired on");
});

it("without a clock a certificate is refused only if it had expired when the firmware was built", () => {
  const root = authorityNamed("root");
  verify([brokerBy(root)], [root], { kind: "atLeast", seconds: EARLY_SECONDS });
  verify([brokerBy(root)], [root], { kind: "atLeast", seconds: Date.now() / 1000 });
  expect(() => verify([brokerBy(root)], [root], { kind: "atLeast", seconds: LATE_SECONDS })).toThrow("has expired on");
});
