/** The station's listeners with a certificate: MQTT with TLS, WebSocket over https, the console, and those without TLS. */

import { readFileSync } from "node:fs";
import { type RequestOptions, request } from "node:https";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { parseStationFlags, warn } from "../../../../hosts/station/cli/station-flags.ts";
import { ownAddress, plainHost } from "../../../../hosts/station/mqtt-server/mqtt-listener.ts";
import { findProgram } from "../../../brokers/server-process.ts";
import { type Certificates, makeCertificates, textOf } from "../../../certificates.ts";
import { requireOrSkip } from "../../../require.ts";
import { localLogin, until } from "../harness.ts";
import { scene } from "../scene.ts";

const openssl = findProgram("openssl");

describe.runIf(requireOrSkip("openssl", openssl !== undefined))("with a certificate", () => {
  let certificates: Certificates;
  beforeAll(() => {
    certificates = makeCertificates(openssl as string);
  });
  afterAll(() => certificates.remove());

  it("serves MQTT with TLS, WebSocket and console with https", async () => {
    const bench = scene();
    const station = await bench.station({
      anonymous: false,
      certificate: textOf(certificates.server),
      mqttsPort: 0,
    });
    expect(station.url).toMatch(/^https:/);
    const ca = readFileSync(certificates.ca.certificate, "utf8");
    const transports = [
      ["tls", station.mqttsPort],
      ["wss", station.httpPort],
      ["tcp", station.mqttPort],
    ] as const;
    for (const [transport, port] of transports) {
      const uid = `pager-${transport}`;
      const pager = bench.pager(port ?? 0, uid, {
        settings: {
          ...localLogin(station.localKey, uid),
          "broker.transport": transport,
          ...(transport === "tcp" ? {} : { "broker.ca": certificates.ca.certificate }),
        },
      });
      await until(`${uid} online`, () => pager.screens.at(-1)?.[0]?.includes("online"));
    }
    const asked = (path: string, options: RequestOptions, body = "") =>
      new Promise<{ status: number | undefined; cookie: string | undefined; text: string }>((resolve, reject) => {
        request(`${station.url}${path}`, { ca, ...options }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => {
            text += part;
          });
          const cookie = response.headers["set-cookie"]?.[0];
          response.on("end", () => resolve({ status: response.statusCode, cookie, text }));
        })
          .on("error", reject)
          .end(body);
      });
    expect((await asked("/healthz", {})).status).toBe(200);
    // The console's cookie is never sent over plain http. The console gives devices the port with TLS.
    const { adminName: name, adminPassword: password } = station.firstStart ?? {};
    const post = { method: "POST", headers: { "content-type": "application/json" } };
    const { cookie = "" } = await asked("/api/session", post, JSON.stringify({ name, password }));
    expect(cookie).toContain("; Secure");
    const { text } = await asked("/api/station", { headers: { cookie: cookie.split(";")[0] ?? "" } });
    expect(JSON.parse(text)).toMatchObject({ mqttPort: station.mqttPort, mqttsPort: station.mqttsPort });
  });

  it("subscribes for its clients also if the certificate is for another name", async () => {
    const bench = scene();
    const station = await bench.station({ certificate: textOf(certificates.otherName), mqttsPort: 0 });
    const login = localLogin(station.localKey, "pager-7");
    const got: string[] = [];
    await bench.mqtt(
      station.mqttPort,
      { clientId: "pager-7", username: "pager-7", password: login["broker.password"] ?? "", clean: false },
      (_topic, payload) => got.push(payload.toString()),
    );
    const sender = await bench.mqtt(station.mqttPort);
    await sender.publishAsync("/field/im/pager-7", "hello", { qos: 1 });
    await until("it", () => got.includes("hello"));
  });

  it("refuses a certificate and a key that do not belong together, and one without the other", () => {
    const { server, client } = certificates;
    const errorsOf = (...flags: string[]) => {
      const parsed = parseStationFlags(flags);
      return "errors" in parsed ? parsed.errors.join("\n") : undefined;
    };
    expect(errorsOf("--tls-cert", server.certificate, "--tls-key", server.key)).toBeUndefined();
    expect(errorsOf("--tls-cert", server.certificate, "--tls-key", client.key)).toContain("--tls-cert and --tls-key");
    expect(errorsOf("--tls-cert", server.certificate)).toContain("--tls-key");
    expect(errorsOf("--tls-cert", "/nowhere/cert", "--tls-key", "/nowhere/key")).toContain("--tls-cert and --tls-key");
  });
});

describe("without TLS", () => {
  it("serves only this machine if there is a certificate, and any address that is asked for if there is none", () => {
    const certificate = { cert: "", key: "" };
    expect(plainHost({ host: "0.0.0.0", certificate })).toBe("127.0.0.1");
    expect(plainHost({ host: "10.0.0.5", certificate })).toBe("127.0.0.1");
    expect(plainHost({ host: "::1", certificate })).toBe("::1");
    expect(plainHost({ host: "0.0.0.0", certificate: undefined })).toBe("0.0.0.0");
    expect(ownAddress("0.0.0.0")).toBe("127.0.0.1");
    expect(ownAddress("10.0.0.5")).toBe("10.0.0.5");
  });

  it("warns if passwords cross a network, and if nobody has to log in", async () => {
    const bench = scene();
    const folder = ["--data", bench.folder(), "--mqtt-port", "0", "--http-port", "0"];
    const station = bench.program("hosts/station/cli/fieldpager.ts station", [
      ...folder,
      "--host",
      "0.0.0.0",
      "--anonymous",
    ]);
    await station.prints(/MQTT on port/);
    expect(station.stderr).toMatch(/passwords cross the network in the clear/);
    expect(station.stderr).toMatch(/--anonymous lets everyone who reaches 0\.0\.0\.0 read/);
    expect((await station.kill("SIGTERM")).status).toBe(0);
  });

  it.each([
    [[], []],
    [["--anonymous"], [/--anonymous lets every program on this machine/]],
    [["--host", "0.0.0.0"], [/passwords cross the network in the clear/]],
  ])("warns with %j of nothing else", (flags, warnings) => {
    const lines: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(line));
    onTestFinished(() => void vi.restoreAllMocks());
    const parsed = parseStationFlags(flags);
    if ("options" in parsed) warn(parsed.options);
    expect(lines).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
  });
});
