/** What the settings say of sensors: inputs of the board, and devices that advertise. */
import { BTHOME_DEVICES_MAX } from "../limits.ts";
import { isUid, UID_RULE } from "../payload/uid.ts";
import type { BthomeDevice } from "../sensor/bthome-receiver.ts";
import { itemsOf } from "./setting.ts";

/** An input of the board. */
export interface InputSetting {
  readonly name: string;
  readonly pin: number;
  /** A contact to ground, for which the pin has a pull-up; a level, 0 or 1; a voltage. */
  readonly kind: "contact" | "level" | "analog";
  /** The values of an analog input at its lowest and at its highest voltage. */
  readonly low: number;
  readonly high: number;
  /** SenML unit of an analog input. */
  readonly unit: string;
  /** Who is paged when the contact opens. */
  readonly pageTo: string | undefined;
}

const PIN_MAX = 63;
const KEY_DIGITS = 32;
const EXAMPLES = "for example door=26:contact, pump=27:level or tank=34:analog:0:100:l";

/**
 * Reads `name=pin:contact`, `name=pin:level` and `name=pin:analog:low:high:unit`, separated by commas, and `name=uid` for those whom a
 * contact pages. Adds what is wrong to `problems`.
 */
export function parseInputs(inputs: string, pages: string, problems: string[]): readonly InputSetting[] {
  const found: InputSetting[] = [];
  const receivers = new Map(itemsOf(pages).map(pairOf));
  for (const item of itemsOf(inputs)) {
    const [name, text] = pairOf(item);
    const [pin = "", kind = "", low = "", high = "", unit = ""] = text.split(":");
    const isAnalog = kind === "analog";
    const input = {
      name,
      pin: numberOf(pin),
      low: isAnalog ? numberOf(low) : 0,
      high: isAnalog ? numberOf(high) : 1,
      unit,
    };
    const isKind = kind === "contact" || kind === "level" || kind === "analog";
    if (!isName(name) || !isPin(input.pin) || !isKind || Number.isNaN(input.low + input.high))
      problems.push(`setting inputs: ${JSON.stringify(item)}, expected ${EXAMPLES}`);
    else if (found.some((other) => other.name === name || other.pin === input.pin))
      problems.push(`setting inputs: ${JSON.stringify(item)}, expected each name and each pin once`);
    else found.push({ ...input, kind, pageTo: receivers.get(name) });
  }
  for (const [name, uid] of receivers) {
    if (!found.some((input) => input.name === name && input.kind === "contact"))
      problems.push(`setting input.pages: ${JSON.stringify(name)}, expected the name of a contact of inputs`);
    if (!isUid(uid)) problems.push(`setting input.pages: ${JSON.stringify(uid)}, expected ${UID_RULE}`);
  }
  return found;
}

/**
 * Reads `aa:bb:cc:dd:ee:ff=name` and `name=key`, separated by commas. A key has 32 hexadecimal digits. Adds what is wrong to
 * `problems`, without a key.
 */
export function parseBthomeDevices(devices: string, keys: string, problems: string[]): readonly BthomeDevice[] {
  const found: BthomeDevice[] = [];
  const keyOf = new Map(itemsOf(keys).map(pairOf));
  for (const key of keyOf.values())
    if (key.length !== KEY_DIGITS || !isHexadecimal(key))
      problems.push(
        `setting bthome.keys: a hidden value, expected name=key, a key of ${KEY_DIGITS} hexadecimal digits`,
      );
  for (const item of itemsOf(devices)) {
    const [written, name] = pairOf(item);
    const address = written.toLowerCase();
    const octets = address.split(":");
    const isAddress = octets.length === 6 && octets.every((octet) => octet.length === 2 && isHexadecimal(octet));
    if (!isAddress || !isName(name))
      problems.push(`setting bthome.devices: ${JSON.stringify(item)}, expected for example a4:c1:38:8d:18:b2=fridge`);
    else if (found.some((device) => device.name === name || device.address === address))
      problems.push(`setting bthome.devices: ${JSON.stringify(item)}, expected each name and each address once`);
    else {
      const key = keyOf.get(name);
      found.push({ address, name, key: key === undefined ? undefined : bytesOf(key) });
    }
  }
  if (found.length > BTHOME_DEVICES_MAX)
    problems.push(`setting bthome.devices: ${found.length} devices, expected at most ${BTHOME_DEVICES_MAX}`);
  for (const name of keyOf.keys())
    if (!found.some((device) => device.name === name))
      problems.push(
        "setting bthome.keys: a hidden value, expected the name of a device of bthome.devices before each =",
      );
  return found;
}

/** Reads `data:clock`, the pins of a bus. Returns undefined for an empty text. Adds what is wrong to `problems`. */
export function parsePinPair(name: string, text: string, problems: string[]): readonly [number, number] | undefined {
  if (text === "") return undefined;
  const [data = Number.NaN, clock = Number.NaN, ...more] = text.split(":").map(numberOf);
  if (isPin(data) && isPin(clock) && data !== clock && more.length === 0) return [data, clock];
  problems.push(`setting ${name}: ${JSON.stringify(text)}, expected two pins, for example 21:22`);
  return undefined;
}

/** What stands before and after the first `=`. The second is empty where there is none. */
function pairOf(item: string): readonly [string, string] {
  const equals = item.indexOf("=");
  return equals < 0 ? [item, ""] : [item.slice(0, equals).trim(), item.slice(equals + 1).trim()];
}

/** A name that can be a part of a SenML name. */
function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(name);
}

function isHexadecimal(text: string): boolean {
  return /^[0-9a-fA-F]+$/.test(text);
}

function isPin(pin: number): boolean {
  return Number.isInteger(pin) && pin >= 0 && pin <= PIN_MAX;
}

/** Returns NaN for text that is no number. */
function numberOf(text: string): number {
  return text === "" ? Number.NaN : Number(text);
}

function bytesOf(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
  );
}
