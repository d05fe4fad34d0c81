import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { parseSettings } from "../../src/gateway/settings.ts";
import { DISCOVERY_BYTES_MAX } from "../../src/limits.ts";
import { type DiscoveredSensor, discoveryTopic, encodeDiscovery } from "../../src/payload/discovery.ts";
import { encodePresence } from "../../src/payload/presence.ts";
import { encodeTelemetry } from "../../src/payload/telemetry.ts";
import { requireOrSkip } from "../require.ts";
import { MEASUREMENTS } from "../vectors/bthome.ts";
import { discoveryProblems } from "./discovery-rules.ts";

const DEVICE = {
  env: "acme",
  uid: "bay-7",
  presenceTopic: "/acme/pres/bay-7",
  telemetryTopic: "/acme/tele/bay-7",
  pageTopic: "/acme/page/bay-7",
};
const SENSORS: readonly DiscoveredSensor[] = [
  { name: "temperature", unit: "Cel" },
  { name: "humidity", unit: "%RH" },
  { name: "load", unit: "/" },
  { name: "flow", unit: "l/s" },
  { name: "uptime", unit: "s", isTotal: true, isDiagnostic: true },
  { name: "refused", unit: "count", isTotal: true, isDiagnostic: true },
];
const TOPIC = discoveryTopic("homeassistant", "bay-7");
const textOf = (payload: Uint8Array) => new TextDecoder("utf-8", { fatal: true }).decode(payload);
const documentOf = (sensors = SENSORS) => textOf(encodeDiscovery({ ...DEVICE, sensors }, DISCOVERY_BYTES_MAX).payload);

// biome-ignore lint/suspicious/noExplicitAny: each mutation changes another place
type Loose = any;

const MUTATIONS: readonly (readonly [what: string, mutate: (document: Loose) => void, problem: string])[] = [
  ["no device", (d) => delete d.dev, "root: device: missing"],
  ["no origin", (d) => delete d.o, "root: origin: missing"],
  ["no components", (d) => delete d.cmps, "root: components: missing"],
  ["components as a list", (d) => (d.cmps = []), "root: components: missing"],
  ["an unknown key at the root", (d) => (d["~"] = "/acme"), "root: ~: unknown"],
  ["a device without identifiers", (d) => delete d.dev.ids, "neither identifiers nor connections"],
  ["identifiers that are no text", (d) => (d.dev.ids = [7]), "device: identifiers"],
  ["an unknown key of the device", (d) => (d.dev.colour = "red"), "device: colour: unknown"],
  ["a device name that is no text", (d) => (d.dev.name = 7), "device: name: expected text"],
  ["an origin without a name", (d) => delete d.o.name, "origin: name: missing"],
  ["an unknown key of the origin", (d) => (d.o.by = "x"), "origin: by: unknown"],
  ["a component without a platform", (d) => delete d.cmps.uptime.p, "uptime: platform"],
  ["a platform that there is not", (d) => (d.cmps.uptime.p = "sensors"), "uptime: platform: sensors"],
  ["a component without a unique id", (d) => delete d.cmps.page.uniq_id, "page: unique_id: missing"],
  ["a unique id twice", (d) => (d.cmps.load.uniq_id = d.cmps.flow.uniq_id), "a second time"],
  ["an unknown key of a sensor", (d) => (d.cmps.load.unit = "x"), "load: unit: unknown"],
  ["a sensor without a state topic", (d) => delete d.stat_t, "load: state_topic"],
  ["a device class that there is not", (d) => (d.cmps.load.dev_cla = "load"), "load: device_class: load, unknown"],
  [
    "a unit that its class has not",
    (d) => (d.cmps.temperature.unit_of_meas = "Cel"),
    "temperature: unit_of_measurement: Cel",
  ],
  ["a class without its unit", (d) => delete d.cmps.humidity.unit_of_meas, "humidity: unit_of_measurement: undefined"],
  ["a state class that there is not", (d) => (d.cmps.load.stat_cla = "counter"), "load: state_class: unknown"],
  ["a state class that its class has not", (d) => (d.cmps.humidity.stat_cla = "total"), "humidity: state_class: total"],
  ["an entity category that there is not", (d) => (d.cmps.uptime.ent_cat = "own"), "uptime: entity_category"],
  ["a template cut short", (d) => (d.cmps.load.val_tpl = "{{value_json"), "load: value_template"],
  ["an encoding that there is not", (d) => (d.cmps.load.e = "latin-15"), "load: encoding"],
  ["a name that is no text", (d) => (d.cmps.load.name = 7), "load: name"],
  ["QoS 3", (d) => (d.cmps.page.qos = 3), "page: qos"],
  ["a notify entity without a topic", (d) => delete d.cmps.page.cmd_t, "page: command_topic"],
  ["a notify entity with a wildcard", (d) => (d.cmps.page.cmd_t = "/acme/page/+"), "page: command_topic"],
  ["two kinds of availability", (d) => (d.cmps.page.avty_t = "x"), "page: availability: beside"],
  ["availability at the root that falls beside that of a part", (d) => (d.avty_t = "x"), "page: availability: beside"],
  ["availability without a topic", (d) => delete d.avty[0].t, "root: availability: topic"],
  [
    "an unknown key of the availability",
    (d) => (d.avty[0].avty_tpl = "x"),
    "availability: availability_template: unknown",
  ],
];

describe("the document for Home Assistant", () => {
  it("of a Bluetooth sensor keeps to the same rules, with each unit of BTHome", () => {
    const topic = discoveryTopic("homeassistant", "bay-7", "fridge");
    for (const [, name, , unit] of MEASUREMENTS) {
      const sensors = [{ name: `fridge/${name}`, unit }];
      const text = textOf(encodeDiscovery({ ...DEVICE, carrier: "fridge", sensors }, DISCOVERY_BYTES_MAX).payload);
      expect(discoveryProblems("homeassistant", topic, text), name).toEqual([]);
      const { dev, cmps } = JSON.parse(text);
      expect([dev.via_device, Object.keys(cmps)]).toEqual(["acme_bay-7", [name]]);
    }
  });

  it("keeps to the rules: a sensor for each reading, a notify entity, availability", () => {
    expect(discoveryProblems("homeassistant", TOPIC, documentOf())).toEqual([]);
    const { cmps, avty } = JSON.parse(documentOf());
    expect(Object.keys(cmps)).toEqual(["page", ...SENSORS.map(({ name }) => name)]);
    expect(cmps.page).toMatchObject({ p: "notify", cmd_t: "/acme/page/bay-7", avty: [] });
    expect(cmps.temperature).toMatchObject({
      dev_cla: "temperature",
      unit_of_meas: "\u00b0C",
      stat_cla: "measurement",
    });
    expect(cmps.uptime).toMatchObject({ dev_cla: "duration", stat_cla: "total_increasing", ent_cat: "diagnostic" });
    expect(cmps.flow).toMatchObject({ unit_of_meas: "l/s" });
    expect("unit_of_meas" in cmps.refused).toBe(false);
    expect(avty[0].t).toBe("/acme/pres/bay-7");
  });

  it.each(MUTATIONS)("with %s breaks the rules", (_, mutate, problem) => {
    const document = JSON.parse(documentOf());
    mutate(document);
    expect(discoveryProblems("homeassistant", TOPIC, JSON.stringify(document)).join("\n")).toContain(problem);
  });

  it.each([
    "homeassistant/device/a.b/config",
    "homeassistant/sensor/a/config",
    "other/device/a/config",
    "homeassistant/device/a/config/x",
  ])("on %s would not be read", (topic) => {
    expect(discoveryProblems("homeassistant", topic, documentOf())).toEqual([expect.stringContaining("topic")]);
  });

  it.each(["bay-7", "bay_7", "b\u00e4y 7", "x.y", "_", "\u{1f4df}", "u".repeat(64), "\u00fc".repeat(32)])(
    "has a topic of its own for the uid %s",
    (uid) => {
      const document = textOf(encodeDiscovery({ ...DEVICE, uid, sensors: SENSORS }, DISCOVERY_BYTES_MAX).payload);
      expect(discoveryProblems("homeassistant", discoveryTopic("homeassistant", uid), document)).toEqual([]);
      const isPlain = /^[\w-]+$/.test(uid);
      expect(discoveryTopic("h", uid) === `h/device/${uid}/config`).toBe(isPlain);
      // Other uids that become equal when their characters are replaced.
      for (const other of [uid.replace(/[^\w-]/gu, "_"), uid.replace(/[^\w-]/gu, "!")])
        expect(discoveryTopic("h", other) === discoveryTopic("h", uid)).toBe(other === uid);
    },
  );

  it("leaves out sensors that do not fit or whose name SenML does not allow, and names them", () => {
    const many = Array.from({ length: 40 }, (_, index) => ({ name: `s${index}`, unit: "1" }));
    const { payload, omitted } = encodeDiscovery(
      { ...DEVICE, sensors: [{ name: "it's", unit: "1" }, { name: "page", unit: "1" }, ...many] },
      DISCOVERY_BYTES_MAX,
    );
    expect(payload.length).toBeLessThanOrEqual(DISCOVERY_BYTES_MAX);
    expect(discoveryProblems("homeassistant", TOPIC, textOf(payload))).toEqual([]);
    const inside = Object.keys(JSON.parse(textOf(payload)).cmps).slice(1);
    expect([...omitted.slice(0, 2), ...inside, ...omitted.slice(2)]).toEqual([
      "it's",
      "page",
      ...many.map(({ name }) => name),
    ]);
    expect(inside.length).toBeGreaterThanOrEqual(9);
  });
});

describe("the settings of discovery", () => {
  const formatOf = (raw: Record<string, unknown>) => {
    const result = parseSettings({ "homeAssistant.discovery": "yes", ...raw });
    return "settings" in result ? result.settings.telemetry.format : result.errors;
  };

  it("make telemetry JSON, and refuse an explicit CBOR", () => {
    expect(formatOf({})).toBe("json");
    expect(formatOf({ "telemetry.format": "json" })).toBe("json");
    expect(formatOf({ "telemetry.format": "cbor" })).toEqual([
      "setting telemetry.format: cbor with homeAssistant.discovery, which reads json",
    ]);
    expect(formatOf({ "homeAssistant.discovery": "no" })).toBe("cbor");
  });
});

const hasJinja = (() => {
  try {
    execFileSync("python3", ["-c", "import jinja2"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe.runIf(requireOrSkip("jinja2", hasJinja))("the templates, rendered by Jinja as Home Assistant does", () => {
  /** Renders the template for each payload, which is text in the entity's encoding, or JSON. */
  const render = (template: string, payloads: readonly Uint8Array[]): string[] => {
    const program = [
      "import json, sys, jinja2",
      "job = json.load(sys.stdin)",
      "template = jinja2.Environment().from_string(job['template'])",
      "def render(value):",
      "    values = {'value': value}",
      "    try: values['value_json'] = json.loads(value)",
      "    except ValueError: pass",
      "    return template.render(values)",
      "json.dump([render(bytes.fromhex(each).decode('latin-1')) for each in job['payloads']], sys.stdout)",
    ].join("\n");
    const job = { template, payloads: payloads.map((bytes) => Buffer.from(bytes).toString("hex")) };
    return JSON.parse(execFileSync("python3", ["-c", program], { input: JSON.stringify(job), encoding: "utf8" }));
  };

  it("availability: every presence except offline and none is online, with a Context or without", () => {
    const { avty } = JSON.parse(documentOf());
    const states = [1, 2, 3, 4, 5, 15].flatMap((status) =>
      ["", "caf\u00e9"].map((context) => ({ status, payload: encodePresence({ status, context }) })),
    );
    const rendered = render(avty[0].val_tpl, [...states.map(({ payload }) => payload), new Uint8Array()]);
    expect(rendered).toEqual([...states.map(({ status }) => (status === 2 ? "offline" : "online")), "offline"]);
  });

  it("a value is the last of its name in the batch, nothing if there is none, and None if the sensor failed", () => {
    const { cmps } = JSON.parse(documentOf());
    const batch = (...readings: (readonly [string, number | undefined])[]) =>
      encodeTelemetry(
        "json",
        "b\u00e4y",
        readings.map(([name, value]) => ({ name, unit: "Cel", value, ageSeconds: 0 })),
        1_700_000_000,
      );
    const payloads = [
      batch(["temperature", 21.5]),
      batch(["temperature", 1], ["humidity", 7], ["temperature", 0]),
      batch(["humidity", 7]),
      batch(["temperature", 1], ["temperature", undefined]),
      batch(["temperature", undefined], ["temperature", -2]),
    ];
    expect(render(cmps.temperature.val_tpl, payloads)).toEqual(["21.5", "0", "", "None", "-2"]);
  });
});
