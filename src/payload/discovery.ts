/**
 * The document by which Home Assistant (2024.11 or later) finds a device. It follows the device discovery of its MQTT
 * integration: one retained JSON object with the device, its presence topic and its parts. Each reading is a sensor. A notify
 * entity pages the device. The keys are Home Assistant's short names, since the whole has to fit into one packet.
 *
 * - The presence gives the availability. A presence is bytes and no text, so sensors read it as Latin-1. A presence that begins
 *   with `R` (52) or U+0092 is offline. Any other is online, with and without a Context. The notify entity has no availability:
 *   a page for a device that is away waits at the broker.
 * - A sensor's value is the last record of its name in a batch of SenML in JSON. A batch without its name renders as nothing,
 *   and Home Assistant ignores that. A failed sensor renders as `None`, which is unknown.
 */
import { fnv1a, hexWord } from "../fnv.ts";
import { encodeUtf8, utf8Length } from "../utf8.ts";

export interface DiscoveredSensor {
  /** SenML name. A name that SenML does not allow cannot be found in a batch, and the sensor is left out. */
  readonly name: string;
  /** SenML unit. */
  readonly unit: string;
  /** The reading counts up from 0 at each start. */
  readonly isTotal?: boolean | undefined;
  /** The reading is text. */
  readonly isText?: boolean | undefined;
  /** The reading is about the device itself. */
  readonly isDiagnostic?: boolean | undefined;
}

export interface DiscoveredDevice {
  readonly env: string;
  readonly uid: string;
  readonly presenceTopic: string;
  readonly telemetryTopic: string;
  readonly pageTopic: string;
  /** The device that carries these sensors, where that is another one that this device hears. It cannot be paged. */
  readonly carrier?: string | undefined;
  /** Sensors that do not fit into the limit of bytes are left out. */
  readonly sensors: readonly DiscoveredSensor[];
}

export interface DiscoveryDocument {
  readonly payload: Uint8Array;
  /** Names of the sensors that were left out. */
  readonly omitted: readonly string[];
}

const AVAILABILITY = "{{'offline' if value[:1] in 'R\u0092' else 'online'}}";

/**
 * From a SenML unit to Home Assistant's unit and device class. An unknown unit is shown as it is. Counts and ratios have no
 * unit.
 */
const UNITS: readonly (readonly [senml: string, unit: string | undefined, deviceClass?: string])[] = Object.freeze([
  Object.freeze(["Cel", "\u00b0C", "temperature"] as const),
  Object.freeze(["%RH", "%", "humidity"] as const),
  Object.freeze(["%EL", "%", "battery"] as const),
  Object.freeze(["Pa", "Pa", "atmospheric_pressure"] as const),
  Object.freeze(["hPa", "hPa", "atmospheric_pressure"] as const),
  Object.freeze(["s", "s", "duration"] as const),
  Object.freeze(["V", "V", "voltage"] as const),
  Object.freeze(["A", "A", "current"] as const),
  Object.freeze(["W", "W", "power"] as const),
  Object.freeze(["lx", "lx", "illuminance"] as const),
  Object.freeze(["B", "B", "data_size"] as const),
  Object.freeze(["Hz", "Hz", "frequency"] as const),
  Object.freeze(["m", "m", "distance"] as const),
  Object.freeze(["dBm", "dBm", "signal_strength"] as const),
  Object.freeze(["dBW", "dBW"] as const),
  Object.freeze(["count", undefined] as const),
  Object.freeze(["/", undefined] as const),
  Object.freeze(["1", undefined] as const),
] as const);

/**
 * The topic of the document, `<prefix>/device/<uid>/config`, or `<prefix>/device/<uid>/<carrier>/config` for a device that this one
 * hears. Both names are changed where Home Assistant does not allow their characters.
 */
export function discoveryTopic(prefix: string, uid: string, carrier = ""): string {
  return `${prefix}/device/${objectId(uid)}/${carrier === "" ? "" : `${objectId(carrier)}/`}config`;
}

/** @param bytesMax largest size of the document */
export function encodeDiscovery(device: DiscoveredDevice, bytesMax: number): DiscoveryDocument {
  const { env, uid, presenceTopic, telemetryTopic, pageTopic, carrier = "", sensors } = device;
  const ownId = `${env}_${uid}`;
  const id = carrier === "" ? ownId : `${ownId}_${carrier}`;
  const head = JSON.stringify({
    dev: carrier === "" ? { ids: [id], name: uid, mf: "Fieldpager" } : { ids: [id], name: carrier, via_device: ownId },
    o: { name: "Fieldpager" },
    stat_t: telemetryTopic,
    avty: [{ t: presenceTopic, val_tpl: AVAILABILITY }],
  });
  const notify = JSON.stringify({ p: "notify", name: null, uniq_id: `${id}_page`, cmd_t: pageTopic, qos: 1, avty: [] });
  let text = `${head.slice(0, -1)},"cmps":{`;
  if (carrier === "") text += `"page":${notify},`;
  const omitted: string[] = [];
  let bytes = utf8Length(text) + 1;
  for (const sensor of sensors) {
    const label = carrier === "" ? sensor.name : sensor.name.slice(carrier.length + 1);
    const entry = `${JSON.stringify(label)}:${JSON.stringify(component(sensor, label, id))},`;
    const entryBytes = utf8Length(entry);
    if (!isSenmlName(sensor.name) || label === "page" || bytes + entryBytes > bytesMax) omitted.push(sensor.name);
    else {
      text += entry;
      bytes += entryBytes;
    }
  }
  text = text.slice(0, -1);
  return { payload: encodeUtf8(`${text}}}`), omitted };
}

/** JSON leaves out the keys that are undefined. */
function component({ name, unit, isTotal, isText, isDiagnostic }: DiscoveredSensor, label: string, id: string): object {
  const [, shown, deviceClass] = UNITS.find(([senml]) => senml === unit) ?? [unit, unit || undefined];
  return {
    p: "sensor",
    name: label,
    uniq_id: `${id}_${label}`,
    e: "latin-1",
    dev_cla: deviceClass,
    unit_of_meas: shown,
    stat_cla: isText ? undefined : isTotal ? "total_increasing" : "measurement",
    ent_cat: isDiagnostic ? "diagnostic" : undefined,
    val_tpl: `{{value_json|selectattr('n','eq','${name}')|map(attribute='${isText ? "vs" : "v"}',default='None')|list|last|default('')}}`,
  };
}

/** Whether SenML allows the name (RFC 8428, section 4.5.1). */
function isSenmlName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9:./_-]*$/.test(name);
}

/** The uid as an object id of Home Assistant. Other characters are replaced. A hash then keeps similar uids apart. */
function objectId(uid: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(uid)) return uid;
  return `${uid.replace(/[^A-Za-z0-9_-]/g, "_")}_${hexWord(fnv1a(encodeUtf8(uid)))}`;
}
