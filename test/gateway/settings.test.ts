import { describe, expect, it } from "vitest";
import {
  type HostAbilities,
  parseSettings,
  SETTINGS,
  type SettingName,
  TLS_SETTINGS,
} from "../../src/gateway/settings.ts";

function errorsOf(raw: Record<string, unknown>): readonly string[] {
  const result = parseSettings(raw);
  return "errors" in result ? result.errors : [];
}

describe("settings", () => {
  it("have a default that is itself allowed", () => {
    expect(errorsOf({})).toEqual([]);
    for (const name of Object.keys(SETTINGS) as SettingName[])
      expect(errorsOf({ [name]: SETTINGS[name].default }), name).toEqual([]);
  });

  it("come as text from a command line, or as numbers", () => {
    expect(
      parseSettings({ uid: "p", "broker.port": "1884", "screen.dwell": 0, "broker.transport": "ws" }),
    ).toMatchObject({
      settings: { uid: "p", broker: { port: 1884, transport: "ws" }, screen: { dwellMs: 0 } },
    });
  });

  it.each([
    [{ "broker.port": "0" }, "broker.port", "1 to 65535"],
    [{ "broker.port": "65536" }, "broker.port", "1 to 65535"],
    [{ "broker.port": "18.5" }, "broker.port", "whole number"],
    [{ "broker.port": "" }, "broker.port", "whole number"],
    [{ "broker.port": null }, "broker.port", "whole number"],
    [{ "broker.host": "" }, "broker.host", "a name or an address"],
    [{ "broker.host": " " }, "broker.host", "a name or an address"],
    [{ "broker.host": "mqtt://10.0.0.2" }, "broker.host", "broker.transport and broker.port say the rest"],
    [{ "broker.host": "10.0.0.2:1883" }, "broker.host", "broker.transport and broker.port say the rest"],
    [{ "broker.host": "[::1]:1883" }, "broker.host", "a name or an address"],
    [{ "broker.host": "[broker.example]" }, "broker.host", "a name or an address"],
    [{ "broker.host": "broker.example/mqtt" }, "broker.host", "a name or an address"],
    [{ "broker.host": "my broker" }, "broker.host", "a name or an address"],
    [{ "broker.host": "user@broker" }, "broker.host", "a name or an address"],
    [{ "broker.transport": "tls", "broker.serverName": "b:8883" }, "broker.serverName", "a name or an address"],
    [{ "broker.fallback": "mqtt://b" }, "broker.fallback", "host or host:port"],
    [{ "quiet.hours": "22:00-22:00" }, "quiet.hours", "22:00-07:00"],
    [{ uid: "a,b" }, "uid", "without /"],
    [{ uid: "a-<sub>-b" }, "uid", "-<sub>-"],
    [{ uid: "a\u007f" }, "uid", "control"],
    [{ uid: "a\u0085b" }, "uid", "control"],
    [{ uid: "a\u202eb" }, "uid", "invisible"],
    [{ uid: "a\u{1ffff}" }, "uid", "invisible"],
    [{ env: "a\ufdd0b" }, "env", "invisible"],
    [{ env: "a\ud800" }, "env", "invisible"],
    [{ contacts: "bob,a\u2066b" }, "contacts", "uids"],
    [{ "broker.path": "mqtt" }, "broker.path", "/ at the beginning"],
    [{ "broker.path": "" }, "broker.path", "/ at the beginning"],
    [{ "broker.transport": "udp" }, "broker.transport", "one of tcp, tls, starttls, ws, wss"],
    [{ uid: "" }, "uid", "without /"],
    [{ uid: "a/b" }, "uid", "without /"],
    [{ uid: "a+" }, "uid", "without /"],
    [{ env: "#" }, "env", "without /"],
    [{ uid: "a\u0000" }, "uid", "control"],
    [{ uid: "u".repeat(65) }, "uid", "at most 64 bytes"],
    [{ uid: "\u00fc".repeat(33) }, "uid", "at most 64 bytes"],
    [{ uid: 7 }, "uid", "text"],
    [{ colour: "red" }, "colour", "no such setting"],
    [{ toString: "x" }, "toString", "no such setting"],
  ])("refuse %j by name, with what was expected", (raw, name, expected) => {
    expect(errorsOf(raw)).toEqual([expect.stringContaining(`setting ${name}`)]);
    expect(errorsOf(raw)[0]).toContain(expected);
  });

  it("lose the blanks and brackets around them, except a password", () => {
    const raw = {
      uid: " bay-7\n",
      "broker.host": " [::1] ",
      "broker.port": " 1884 ",
      "broker.transport": "ws ",
      "broker.path": " /mqtt",
      "broker.userName": "u ",
      "broker.password": " p ",
      "quiet.hours": " on",
      contacts: " a , b ",
    };
    expect(parseSettings(raw)).toMatchObject({
      settings: {
        uid: "bay-7",
        broker: { host: "::1", port: 1884, transport: "ws", path: "/mqtt", userName: "u", password: " p " },
        quiet: { hours: "on" },
        contacts: ["a", "b"],
      },
    });
  });

  it("have both certificate and key of the device, or neither", () => {
    const identityOf = (raw: Record<string, unknown>) => {
      const result = parseSettings({ "broker.transport": "tls", ...raw });
      return "settings" in result ? result.settings.broker.identity : result.errors;
    };
    expect(identityOf({})).toBeUndefined();
    expect(identityOf({ "broker.certificate": "c", "broker.key": "k" })).toEqual({ certificate: "c", key: "k" });
  });

  it("name further brokers by host and port, in order", () => {
    const of = (fallback: string) => {
      const result = parseSettings({ "broker.port": 8883, "broker.userName": "u", "broker.fallback": fallback });
      return "settings" in result
        ? result.settings.fallbackBrokers.map(({ host, port }) => `${host} ${port}`)
        : result.errors;
    };
    expect(of("")).toEqual([]);
    expect(of("b.example, 10.0.0.7:1884,[fe80::1]:1885,")).toEqual(["b.example 8883", "10.0.0.7 1884", "fe80::1 1885"]);
    expect(of("::1, [::2], [fe80::1%eth0]:1885")).toEqual(["::1 8883", "::2 8883", "fe80::1%eth0 1885"]);
    expect(of("a:b")).toEqual([expect.stringContaining('"a:b", expected host or host:port')]);
    expect(of("a:0")).toEqual([expect.stringContaining("host or host:port")]);
    expect(of("a:65536")).toEqual([expect.stringContaining("host or host:port")]);
    expect(of("a,b,c,d")).toEqual([expect.stringContaining("4 brokers, expected at most 3")]);
  });

  it.each([
    [{ "broker.ca": "ca.pem" }, "broker.ca: not used with broker.transport tcp, which has no TLS"],
    [{ "broker.insecure": "yes", "broker.transport": "ws" }, "broker.insecure: not used with broker.transport ws"],
    [{ "broker.certificate": "c.pem", "broker.transport": "tls" }, "broker.key: missing"],
    [{ "broker.key": "c.key", "broker.transport": "wss" }, "broker.certificate: missing"],
    [{ "broker.transport": "tls", "broker.key": 7, "broker.certificate": "c.pem" }, "broker.key: a hidden value"],
  ])("refuse %j, which asks for TLS only in part", (raw, expected) => {
    expect(errorsOf(raw).join("\n")).toContain(`setting ${expected}`);
  });

  it("refuse what the host cannot do", () => {
    const page: HostAbilities = {
      transports: ["ws", "wss"],
      hasXmpp: false,
      lacks: TLS_SETTINGS,
      reason: "a page has no other",
    };
    expect(parseSettings({ "broker.transport": "wss", "broker.insecure": "no" }, page)).toHaveProperty("settings");
    expect(parseSettings({ "broker.transport": "tls" }, page)).toEqual({
      errors: ['setting broker.transport: "tls", expected ws or wss: a page has no other'],
    });
    expect(parseSettings({ "broker.transport": "wss", "broker.ca": "x" }, page)).toEqual({
      errors: ["setting broker.ca: not on this host: a page has no other"],
    });
  });

  it("give sensors a deadband by name", () => {
    const of = (text: string) => {
      const result = parseSettings({ "telemetry.deadband": text });
      return "settings" in result ? result.settings.telemetry.deadbands : result.errors;
    };
    expect(of("")).toEqual({});
    expect(of("temperature=0.5, load = 0,a=b=2,")).toEqual({ temperature: 0.5, load: 0, "a=b": 2 });
    for (const wrong of ["t", "=1", "t=", "t=x", "t=-1", "t=Infinity"])
      expect(of(wrong)).toEqual([`setting telemetry.deadband: "${wrong}", expected name=number, 0 or more`]);
  });

  it("name all wrong ones at once and repeat no password", () => {
    const errors = errorsOf({ uid: "", "broker.port": "x", "broker.password": "secret".repeat(100) });
    expect(errorsOf({ "broker.key": "secret".repeat(10_000) }).join()).not.toContain("secret");
    expect(errors).toHaveLength(3);
    expect(errors.join()).not.toContain("secret");
  });
});
