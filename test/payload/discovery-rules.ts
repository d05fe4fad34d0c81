/**
 * Home Assistant's rules for a device discovery message, written independently. Source: its MQTT integration in 2025
 * (components/mqtt: discovery, schemas, entity, event, sensor, notify; components/sensor: const). Home Assistant refuses a document that
 * breaks a rule, as a whole or in part, with only a line in its log. Here each broken rule gives a sentence.
 */

type Json = Readonly<Record<string, unknown>>;

const SHORT: Readonly<Record<string, string>> = {
  avty: "availability",
  avty_mode: "availability_mode",
  avty_t: "availability_topic",
  avty_tpl: "availability_template",
  cmd_t: "command_topic",
  cmd_tpl: "command_template",
  cmps: "components",
  dev: "device",
  dev_cla: "device_class",
  e: "encoding",
  evt_typ: "event_types",
  en: "enabled_by_default",
  ent_cat: "entity_category",
  exp_aft: "expire_after",
  frc_upd: "force_update",
  ic: "icon",
  json_attr_t: "json_attributes_topic",
  json_attr_tpl: "json_attributes_template",
  o: "origin",
  obj_id: "object_id",
  p: "platform",
  pl_avail: "payload_available",
  pl_not_avail: "payload_not_available",
  ret: "retain",
  stat_cla: "state_class",
  stat_t: "state_topic",
  sug_dsp_prc: "suggested_display_precision",
  t: "topic",
  uniq_id: "unique_id",
  unit_of_meas: "unit_of_measurement",
  val_tpl: "value_template",
};
const SHORT_DEVICE: Readonly<Record<string, string>> = {
  cns: "connections",
  cu: "configuration_url",
  hw: "hw_version",
  ids: "identifiers",
  mdl: "model",
  mdl_id: "model_id",
  mf: "manufacturer",
  sa: "suggested_area",
  sn: "serial_number",
  sw: "sw_version",
};
const SHORT_ORIGIN: Readonly<Record<string, string>> = { sw: "sw_version", url: "support_url" };

const PLATFORMS =
  "alarm_control_panel binary_sensor button camera climate cover device_automation device_tracker event fan humidifier image lawn_mower light lock notify number scene select sensor siren switch tag text update vacuum valve water_heater".split(
    " ",
  );
const SHARED =
  "availability availability_mode availability_template availability_topic command_topic payload_available payload_not_available state_topic".split(
    " ",
  );
const ROOT = ["device", "origin", "components", "qos", "encoding", ...SHARED];
const DEVICE = ["identifiers", "connections", "name", "via_device", ...Object.values(SHORT_DEVICE)];
const COMMON = [
  ..."platform device origin name unique_id object_id entity_category enabled_by_default icon qos encoding".split(" "),
  ..."json_attributes_topic json_attributes_template".split(" "),
  ...SHARED,
];
const OWN: Readonly<Record<string, readonly string[]>> = {
  sensor:
    "value_template device_class state_class unit_of_measurement expire_after force_update options suggested_display_precision last_reset_value_template".split(
      " ",
    ),
  notify: ["command_template", "retain"],
  event: ["event_types", "value_template", "device_class"],
};

/** Units of a sensor by device class. null: no unit. Classes that Fieldpager does not use are left out, and so refused. */
const UNITS: Readonly<Record<string, readonly (string | null)[]>> = {
  atmospheric_pressure: "Pa hPa kPa bar cbar mbar mmHg inHg psi".split(" "),
  battery: ["%"],
  current: ["A", "mA"],
  distance: "mm cm m km in ft yd mi nmi".split(" "),
  data_size: ["bit", "kbit", "Mbit", "Gbit", "B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"],
  duration: ["d", "h", "min", "s", "ms", "\u00b5s"],
  energy: "J kJ MJ GJ mWh Wh kWh MWh GWh TWh cal kcal Mcal Gcal".split(" "),
  frequency: ["Hz", "kHz", "MHz", "GHz"],
  humidity: ["%"],
  illuminance: ["lx"],
  ph: [null],
  power: ["mW", "W", "kW", "MW", "GW", "TW"],
  signal_strength: ["dB", "dBm"],
  temperature: ["\u00b0C", "\u00b0F", "K"],
  timestamp: [null],
  voltage: ["\u00b5V", "mV", "V", "kV", "MV"],
};
const STATE_CLASSES = ["measurement", "measurement_angle", "total", "total_increasing"];
/** State classes of these device classes. All others take only `measurement`. */
const STATE_CLASSES_OF: Readonly<Record<string, readonly string[]>> = {
  distance: STATE_CLASSES,
  data_size: STATE_CLASSES,
  duration: STATE_CLASSES,
  energy: ["total", "total_increasing"],
  timestamp: [],
};
const ENCODINGS = ["", "utf-8", "ascii", "latin-1"];

/** What is wrong with a message on a discovery topic, one sentence each. An empty payload takes the device back. */
export function discoveryProblems(prefix: string, topic: string, payload: string): string[] {
  const objectId =
    topic.startsWith(`${prefix}/`) &&
    /^device\/(?:[a-zA-Z0-9_-]+\/)?([a-zA-Z0-9_-]+)\/config$/.exec(topic.slice(prefix.length + 1));
  if (!objectId)
    return [`topic ${topic}: expected ${prefix}/device/<object id>/config, or a node id before the object id`];
  if (payload === "") return [];
  let document: unknown;
  try {
    document = JSON.parse(payload);
  } catch {
    return ["the payload is not JSON"];
  }
  if (!isObject(document)) return ["the payload is not an object"];
  const root = long(document, SHORT);
  const problems = Object.keys(root)
    .filter((key) => !ROOT.includes(key))
    .map((key) => `root: ${key}: unknown, the whole document is refused`);
  problems.push(...deviceProblems(root.device), ...originProblems(root.origin), ...availabilityProblems("root", root));
  if (!isObject(root.components)) return [...problems, "root: components: missing"];
  const ids = new Set<unknown>();
  for (const [name, value] of Object.entries(root.components)) {
    if (!isObject(value)) {
      problems.push(`${name}: not an object`);
      continue;
    }
    const own = long(value, SHORT);
    problems.push(...componentProblems(name, own, root));
    if (ids.has(own.unique_id)) problems.push(`${name}: unique_id ${own.unique_id}: a second time`);
    ids.add(own.unique_id);
  }
  return problems;
}

function deviceProblems(value: unknown): string[] {
  if (!isObject(value)) return ["root: device: missing"];
  const device = long(value, SHORT_DEVICE);
  const problems = textProblems("device", device, DEVICE, ["identifiers", "connections"]);
  const identifiers = Array.isArray(device.identifiers) ? device.identifiers : [device.identifiers ?? []].flat();
  const connections = Array.isArray(device.connections) ? device.connections : [];
  if (identifiers.length + connections.length === 0) problems.push("device: neither identifiers nor connections");
  if (identifiers.some((id) => typeof id !== "string")) problems.push("device: identifiers: expected text");
  if (connections.some((pair) => !Array.isArray(pair) || pair.length !== 2))
    problems.push("device: connections: expected pairs");
  return problems;
}

function originProblems(value: unknown): string[] {
  if (!isObject(value)) return ["root: origin: missing"];
  const origin = long(value, SHORT_ORIGIN);
  const problems = textProblems("origin", origin, ["name", "sw_version", "support_url"], []);
  if (typeof origin.name !== "string") problems.push("origin: name: missing");
  return problems;
}

function componentProblems(name: string, own: Json, root: Json): string[] {
  const { platform } = own;
  if (typeof platform !== "string" || !PLATFORMS.includes(platform))
    return [`${name}: platform: ${platform}, not supported`];
  const allowed = OWN[platform];
  if (!allowed) return [`${name}: platform: ${platform}, of which no rules are known here`];
  // An option of the root applies if the component does not have it.
  const config: Record<string, unknown> = { ...own };
  for (const key of SHARED) if (key in root && !(key in own)) config[key] = root[key];
  const at = (problem: string) => `${name}: ${problem}`;
  const problems = Object.keys(own)
    .filter((key) => !COMMON.includes(key) && !allowed.includes(key))
    .map((key) => at(`${key}: unknown`));
  if (typeof config.unique_id !== "string" || config.unique_id === "") problems.push(at("unique_id: missing"));
  if (config.name !== undefined && config.name !== null && typeof config.name !== "string")
    problems.push(at("name: expected text or null"));
  if (config.qos !== undefined && ![0, 1, 2].includes(config.qos as number))
    problems.push(at("qos: expected 0, 1 or 2"));
  if (config.encoding !== undefined && !ENCODINGS.includes(config.encoding as string))
    problems.push(at("encoding: unknown"));
  if (config.entity_category !== undefined && !["config", "diagnostic"].includes(config.entity_category as string))
    problems.push(at("entity_category: expected config or diagnostic"));
  problems.push(...availabilityProblems(name, config));
  if (platform === "sensor") problems.push(...sensorProblems(config).map(at));
  if (platform === "notify") problems.push(...notifyProblems(config).map(at));
  if (platform === "event") problems.push(...eventProblems(config).map(at));
  return problems;
}

function sensorProblems(config: Json): string[] {
  const problems: string[] = [];
  const { device_class: deviceClass, state_class: stateClass, unit_of_measurement: unit } = config;
  if (!isSubscribeTopic(config.state_topic)) problems.push("state_topic: expected a topic");
  if (config.value_template !== undefined && !isTemplate(config.value_template))
    problems.push("value_template: expected a template");
  if (unit !== undefined && typeof unit !== "string") problems.push("unit_of_measurement: expected text");
  if (stateClass !== undefined && !STATE_CLASSES.includes(stateClass as string)) problems.push("state_class: unknown");
  if (config.expire_after !== undefined && !(Number.isInteger(config.expire_after) && Number(config.expire_after) >= 0))
    problems.push("expire_after: expected seconds");
  if (deviceClass === undefined) return problems;
  const units = UNITS[deviceClass as string];
  if (!units) return [...problems, `device_class: ${deviceClass}, unknown`];
  if (!units.includes((unit as string | undefined) ?? null))
    problems.push(`unit_of_measurement: ${unit}, expected ${units.join(", ")} with ${deviceClass}`);
  const stateClasses = STATE_CLASSES_OF[deviceClass as string] ?? ["measurement"];
  if (stateClass !== undefined && !stateClasses.includes(stateClass as string))
    problems.push(`state_class: ${stateClass}, not with ${deviceClass}`);
  return problems;
}

function eventProblems({ state_topic: topic, event_types: types, value_template: template }: Json): string[] {
  const problems: string[] = [];
  if (!isSubscribeTopic(topic)) problems.push("state_topic: expected a topic");
  if (!Array.isArray(types) || types.length === 0 || !types.every((type) => typeof type === "string"))
    problems.push("event_types: expected texts");
  if (template !== undefined && !isTemplate(template)) problems.push("value_template: expected a template");
  return problems;
}

function notifyProblems(config: Json): string[] {
  const problems: string[] = [];
  if (!isPublishTopic(config.command_topic)) problems.push("command_topic: expected a topic without wildcards");
  if (config.command_template !== undefined && !isTemplate(config.command_template))
    problems.push("command_template: expected a template");
  if (config.retain !== undefined && typeof config.retain !== "boolean")
    problems.push("retain: expected true or false");
  return problems;
}

function availabilityProblems(at: string, config: Json): string[] {
  const { availability, availability_topic: single, availability_mode: mode } = config;
  const problems: string[] = [];
  if (availability !== undefined && single !== undefined)
    problems.push(`${at}: availability: beside availability_topic`);
  if (single !== undefined && !isSubscribeTopic(single)) problems.push(`${at}: availability_topic: expected a topic`);
  if (mode !== undefined && !["all", "any", "latest"].includes(mode as string))
    problems.push(`${at}: availability_mode: unknown`);
  const entries = availability === undefined ? [] : [availability].flat();
  for (const value of entries) {
    const entry = isObject(value) ? long(value, SHORT) : {};
    if (!isSubscribeTopic(entry.topic)) problems.push(`${at}: availability: topic: expected a topic`);
    for (const [key, part] of Object.entries(entry)) {
      if (!["topic", "payload_available", "payload_not_available", "value_template"].includes(key))
        problems.push(`${at}: availability: ${key}: unknown`);
      else if (typeof part !== "string") problems.push(`${at}: availability: ${key}: expected text`);
    }
    if (entry.value_template !== undefined && !isTemplate(entry.value_template))
      problems.push(`${at}: availability: value_template: expected a template`);
  }
  return problems;
}

function textProblems(at: string, object: Json, keys: readonly string[], lists: readonly string[]): string[] {
  return Object.entries(object).flatMap(([key, value]) => {
    if (!keys.includes(key)) return [`${at}: ${key}: unknown, the whole document is refused`];
    return typeof value === "string" || lists.includes(key) ? [] : [`${at}: ${key}: expected text`];
  });
}

function long(object: Json, names: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value]));
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the brackets come in pairs. A test with Jinja checks that templates render. */
function isTemplate(value: unknown): boolean {
  return typeof value === "string" && /^(?:[^{}]|\{\{(?:[^{}]|\{[^{}]*\})*\}\})*$/.test(value);
}

function isSubscribeTopic(value: unknown): boolean {
  return typeof value === "string" && value !== "" && Buffer.byteLength(value) <= 65_535 && !value.includes("\0");
}

function isPublishTopic(value: unknown): boolean {
  return isSubscribeTopic(value) && !/[+#]/.test(value as string);
}
