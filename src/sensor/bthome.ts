/**
 * BTHome v2 (https://bthome.io/format): what a sensor says in an advertisement of Bluetooth Low Energy.
 *
 * | bytes of the service data of UUID FCD2 | field |
 * |---|---|
 * | 1 | bit 0: encrypted; bit 2: sent on an event; bits 5 to 7: version, 2 |
 * | 2 … | objects, each: 1 byte object id, then its value with the least significant byte first |
 * | last 8, where encrypted | counter (4 bytes), MIC (4 bytes) |
 */
import { FormatError } from "../errors.ts";
import { type BlockCipher, openCcm } from "./aes-ccm.ts";

export interface BthomeObject {
  /** For example `temperature`. The second one of a kind in an advertisement is `temperature-2`. */
  readonly name: string;
  /** SenML unit. Empty for a state, which is 0 or 1, and for an event. */
  readonly unit: string;
  readonly value: number;
  readonly kind: "measurement" | "state" | "event";
}

export interface BthomeMessage {
  readonly isEncrypted: boolean;
  /** Grows with each message, where it is encrypted. */
  readonly counter: number | undefined;
  /** The same for all repetitions of a message. */
  readonly packetId: number | undefined;
  /** What it says, up to the first object that this firmware does not know. */
  readonly objects: readonly BthomeObject[];
}

/**
 * Object ids, two hexadecimal digits each. For measurements: name, unit, bytes (`-`: with a sign), factor.
 * Text, raw data, device type and firmware version are skipped.
 */
const MEASUREMENTS = `
01 battery %EL 1 1
02 temperature Cel -2 .01
03 humidity %RH 2 .01
04 pressure hPa 3 .01
05 illuminance lx 3 .01
06 mass kg 2 .01
07 mass lb 2 .01
08 dew-point Cel -2 .01
09 count count 1 1
0a energy kWh 3 .001
0b power W 3 .01
0c voltage V 2 .001
0d pm2.5 ug/m3 2 1
0e pm10 ug/m3 2 1
12 co2 ppm 2 1
13 tvoc ug/m3 2 1
14 moisture % 2 .01
2e humidity %RH 1 1
2f moisture % 1 1
3d count count 2 1
3e count count 4 1
3f rotation deg -2 .1
40 distance mm 2 1
41 distance m 2 .1
42 duration s 3 .001
43 current A 2 .001
44 speed m/s 2 .01
45 temperature Cel -2 .1
46 uv-index 1 1 .1
47 volume l 2 .1
48 volume ml 2 1
49 volume-flow-rate m3/h 2 .001
4a voltage V 2 .1
4b gas m3 3 .001
4c gas m3 4 .001
4d energy kWh 4 .001
4e volume l 4 .001
4f water l 4 .001
50 timestamp s 4 1
51 acceleration m/s2 2 .001
52 gyroscope deg/s 2 .001
55 volume-storage l 4 .001
56 conductivity uS/cm 2 1
57 temperature Cel -1 1
58 temperature Cel -1 .35
59 count count -1 1
5a count count -2 1
5b count count -4 1
5c power W -4 .01
5d current A -2 .001
5e direction deg 2 .01
5f precipitation mm 2 .1
60 channel 1 1 1
61 rotational-speed 1/min 2 1
62 speed m/s -4 .000001
63 acceleration m/s2 -4 .000001
64 light-level 1 1 1
`;

/** Names of the states from id 0f on, and from id 15 on. */
const STATES_0F = "generic power-on opening";
const STATES_15 =
  "battery-low charging carbon-monoxide cold connected door garage-door gas-detected heat light unlocked wet motion moving occupancy plugged-in presence problem running safe smoke sound tamper vibration window";

/** Names of the events of a button, from value 1 on. A press that is held has value 128. */
const PRESSES = "press double-press triple-press long-press long-double-press long-triple-press";
const HELD = 0x80;

const PACKET_ID = 0x00;
const BUTTON = 0x3a;
const DIMMER = 0x3c;
const TEXT = 0x53;
const RAW = 0x54;
/** Device type, firmware version in 4 and in 3 bytes: how many bytes follow, by id from f0 on. */
const INFORMATION_F0 = Object.freeze([2, 4, 3]);

const SERVICE_DATA = 0x16;
const UUID = 0xfcd2;
const ENCRYPTED = 1;
const VERSION = 2;
const COUNTER_BYTES = 4;
const MIC_BYTES = 4;

/** Returns the service data of BTHome in an advertisement, without the UUID. undefined: it is not one of BTHome. */
export function bthomeDataOf(advertisement: Uint8Array): Uint8Array | undefined {
  for (let at = 0; at + 4 <= advertisement.length; ) {
    const end = at + 1 + (advertisement[at] as number);
    const uuid = (advertisement[at + 2] as number) | ((advertisement[at + 3] as number) << 8);
    if (end > advertisement.length) return undefined;
    if (end - at >= 5 && advertisement[at + 1] === SERVICE_DATA && uuid === UUID)
      return advertisement.subarray(at + 4, end);
    at = end;
  }
  return undefined;
}

/**
 * Reads service data. Throws a `FormatError` for a wrong version, a value that is cut off, and data that the key does not open.
 * @param address of the sender, 6 bytes in the order in which it is written
 * @param cipher of the key; undefined for a sender that does not encrypt
 */
export function decodeBthome(data: Uint8Array, address: Uint8Array, cipher: BlockCipher | undefined): BthomeMessage {
  const information = data[0];
  if (information === undefined) throw new FormatError("BTHome", 0, "empty");
  if (information >> 5 !== VERSION)
    throw new FormatError("BTHome version", 0, `${information >> 5}, expected ${VERSION}`);
  const isEncrypted = (information & ENCRYPTED) !== 0;
  if (isEncrypted !== (cipher !== undefined))
    throw new FormatError(
      "BTHome",
      0,
      isEncrypted ? "encrypted, and there is no key" : "not encrypted, although there is a key",
    );
  if (!cipher) return { isEncrypted, counter: undefined, ...decodeObjects(data.subarray(1)) };
  const end = data.length - COUNTER_BYTES - MIC_BYTES;
  if (end < 1) throw new FormatError("BTHome", 0, `${data.length} bytes, expected at least 9`);
  const nonce = Uint8Array.of(
    ...address,
    UUID & 0xff,
    UUID >> 8,
    information,
    ...data.subarray(end, end + COUNTER_BYTES),
  );
  const plain = openCcm(cipher, nonce, data.subarray(1, end), data.subarray(end + COUNTER_BYTES));
  if (!plain) throw new FormatError("BTHome", 0, "the key does not open it");
  return { isEncrypted, counter: numberAt(data, end, COUNTER_BYTES), ...decodeObjects(plain) };
}

function decodeObjects(bytes: Uint8Array): Pick<BthomeMessage, "packetId" | "objects"> {
  const objects: BthomeObject[] = [];
  const counts: Record<string, number> = {};
  let packetId: number | undefined;
  const add = (name: string, unit: string, value: number, kind: BthomeObject["kind"]) => {
    const count = (counts[name] ?? 0) + 1;
    counts[name] = count;
    objects.push({ name: count === 1 ? name : `${name}-${count}`, unit, value, kind });
  };
  let at = 0;
  const take = (length: number) => {
    at += length;
    if (at > bytes.length)
      throw new FormatError("BTHome object", at - length, `${length} bytes, which are not all there`);
    return at - length;
  };
  while (at < bytes.length) {
    const id = bytes[take(1)] as number;
    const state = stateOf(id);
    const measurement = measurementOf(id);
    const information = INFORMATION_F0[id - 0xf0];
    if (id === PACKET_ID) packetId = bytes[take(1)];
    else if (state !== undefined) add(state, "", bytes[take(1)] ? 1 : 0, "state");
    else if (measurement) {
      const { name, unit, length, isSigned, factor } = measurement;
      const raw = numberAt(bytes, take(length), length);
      const value = isSigned && raw >= 2 ** (8 * length - 1) ? raw - 2 ** (8 * length) : raw;
      add(name, unit, Math.round(value * factor * 1e6) / 1e6, "measurement");
    } else if (id === BUTTON) {
      const event = bytes[take(1)] as number;
      const name = event === HELD ? "hold-press" : PRESSES.split(" ")[event - 1];
      if (name !== undefined) add(name, "", 1, "event");
    } else if (id === DIMMER) {
      const event = bytes[take(1)] as number;
      const steps = bytes[take(1)] as number;
      if (event === 1 || event === 2) add(event === 1 ? "dimmer-left" : "dimmer-right", "", steps, "event");
    } else if (id === TEXT || id === RAW) take(bytes[take(1)] as number);
    else if (information !== undefined) take(information);
    // The length of an unknown object is not known.
    else break;
  }
  return { packetId, objects };
}

function stateOf(id: number): string | undefined {
  return STATES_0F.split(" ")[id - 0x0f] ?? STATES_15.split(" ")[id - 0x15];
}

interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly length: number;
  readonly isSigned: boolean;
  readonly factor: number;
}

function measurementOf(id: number): Measurement | undefined {
  const start = MEASUREMENTS.indexOf(`\n${id < 16 ? "0" : ""}${id.toString(16)} `);
  if (start < 0) return undefined;
  const line = MEASUREMENTS.slice(start + 1, MEASUREMENTS.indexOf("\n", start + 1));
  const [, name, unit, size, factor] = line.split(" ") as [string, string, string, string, string];
  const length = Number(size);
  return { name, unit, length: Math.abs(length), isSigned: length < 0, factor: Number(factor) };
}

/** An unsigned number with the least significant byte first. */
function numberAt(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = length - 1; index >= 0; index -= 1) value = value * 256 + (bytes[at + index] as number);
  return value;
}
