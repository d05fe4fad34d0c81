/** Where the station listens: MQTT with TLS, WebSocket over https, the console; and what is left in the clear then. */

import { readFileSync } from "node:fs";
import { type RequestOptions, request } from "node:https";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ownAddress, plainHost } from "../../../hosts/station/mqtt-listener.ts";
import { findProgram } from "../../brokers/server-process.ts";
import { type Certificates, makeCertificates, textOf } from "../../certificates.ts";
import { requireOrSkip } from "../../require.ts";
import { Cleanups, localLogin, until } from "./harness.ts";

const openssl = findProgram("openssl");

function scene(): Cleanups {
  const cleanups = new Cleanups();
  onTestFinished(() => cleanups.end());
  return cleanups;
}

describe.runIf(requireOrSkip("openssl", openssl !== undefined))("with a certificate", () => {
  let certificates: Certificates;
  beforeAll(() => {
    certificates = makeCertificates(openssl as string);
  });
  afterAll(() => certificates.remove());

  it("serves MQTT with TLS, WebSocket and console with https", async () => {
    const cleanups = scene();
    const station = await cleanups.station({
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
      const pager = cleanups.pager(port ?? 0, uid, {
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
    // The console's cookie never goes over plain http, and it sends devices to the port with TLS.
    const { adminName: name, adminPassword: password } = station.firstStart ?? {};
    const post = { method: "POST", headers: { "content-type": "application/json" } };
    const { cookie = "" } = await asked("/api/session", post, JSON.stringify({ name, password }));
    expect(cookie).toContain("; Secure");
    const { text } = await asked("/api/station", { headers: { cookie: cookie.split(";")[0] ?? "" } });
    expect(JSON.parse(text)).toMatchObject({ mqttPort: station.mqttPort, mqttsPort: station.mqttsPort });
  });

  it("subscribes for its clients also where the certificate is for another name", async () => {
    const cleanups = scene();
    const station = await cleanups.station({ certificate: textOf(certificates.otherName), mqttsPort: 0 });
    const login = localLogin(station.localKey, "pager-7");
    const got: string[] = [];
    await cleanups.mqtt(
      station.mqttPort,
      { clientId: "pager-7", username: "pager-7", password: login["broker.password"] ?? "", clean: false },
      (_topic, payload) => got.push(payload.toString()),
    );
    const sender = await cleanups.mqtt(station.mqttPort);
    await sender.publishAsync("/field/im/pager-7", "hello", { qos: 1 });
    await until("it", () => got.includes("hello"));
  });

  it("names a certificate and a key that do not go together, and one without the other", async () => {
    const station = (...flags: string[]) => scene().program("hosts/station/main.ts", flags);
    const { server, client } = certificates;
    const mixed = station("--tls-cert", server.certificate, "--tls-key", client.key);
    expect((await mixed.ended).status).toBe(2);
    expect(mixed.stderr).toContain("--tls-cert and --tls-key");
    const alone = station("--tls-cert", server.certificate);
    expect((await alone.ended).status).toBe(2);
    expect(alone.stderr).toContain("--tls-key");
    const nowhere = station("--tls-cert", "/nowhere/cert", "--tls-key", "/nowhere/key");
    expect((await nowhere.ended).status).toBe(2);
  });
});

describe("in the clear", () => {
  it("serves only this machine where there is a certificate, and everyone it is told to where there is none", () => {
    const certificate = { cert: "", key: "" };
    expect(plainHost({ host: "0.0.0.0", certificate })).toBe("127.0.0.1");
    expect(plainHost({ host: "10.0.0.5", certificate })).toBe("127.0.0.1");
    expect(plainHost({ host: "::1", certificate })).toBe("::1");
    expect(plainHost({ host: "0.0.0.0", certificate: undefined })).toBe("0.0.0.0");
    expect(ownAddress("0.0.0.0")).toBe("127.0.0.1");
    expect(ownAddress("10.0.0.5")).toBe("10.0.0.5");
  });

  it.each([
    [["--host", "0.0.0.0"], /passwords cross the network in the clear/],
    [["--anonymous"], /--anonymous lets every program on this machine/],
  ])("warns of %j", async (flags, warning) => {
    const cleanups = scene();
    const station = cleanups.program("hosts/station/main.ts", [
      ...["--data", cleanups.folder(), "--mqtt-port", "0", "--http-port", "0"],
      ...flags,
    ]);
    await station.prints(/MQTT on port/);
    expect(station.stderr).toMatch(warning);
    expect((await station.kill("SIGTERM")).status).toBe(0);
  });
});
