/** Set-up codes, valid and refused. The valid ones were written by Python's `base64.b32encode`. */
import { fnv1a } from "../../src/fnv.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { toHex, type Vector } from "./vector.ts";

const REFERENCE = "src/payload/README.md, set-up code";
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const textHex = (text: string) => toHex(encodeUtf8(text));

/** The set-up code of these fields, given as bytes, with the right hash. */
export function codeOfFields(fields: readonly number[]): string {
  const hash = fnv1a(Uint8Array.from(fields));
  const bytes = [...fields, hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255, hash & 255];
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const digits = bits.match(/.{1,5}/g) ?? [];
  return `FP1:${digits.map((digit) => DIGITS.charAt(Number.parseInt(digit.padEnd(5, "0"), 2))).join("")}`;
}

/** One field as bytes. */
export const fieldOf = (key: number, value: readonly number[]) => [
  key,
  value.length >> 8,
  value.length & 255,
  ...value,
];

const letters = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

const valid = (name: string, code: string, expected: object): Vector => ({
  name,
  origin: REFERENCE,
  hex: textHex(code),
  expected,
});
const refused = (name: string, code: string, words: string): Vector => ({
  name,
  origin: REFERENCE,
  hex: textHex(code),
  refused: words,
});

export const WHOLE_CODE =
  "FP1:AEAAIYLDNVSQEAAFMJQXSLJXAMAAG5DMOMCAAELQMFTWK4ROMV4GC3LQNRSS433SM4CQABBYHA4DGBQAAZRHE33LMVZAOAAFMJQXSLJXBAABA4ZTMNZG" +
  "K5BMEARHC5LPORSWIIQJAACTAAYCAECQSAAFGABQEAIGBIAA2RLVOJXXAZJPIJSXE3DJNYFQABSXMVZGWIBTBQAAS4GDURZXG53POJSOJXMFL4";
const HOST_CODE = "FP1:AQAAQMJQFYYC4MBOGKK4TYLS";

export const SETUP_CODE_VECTORS: readonly Vector[] = [
  valid("every setting, two authorities", WHOLE_CODE, {
    env: "acme",
    uid: "bay-7",
    "broker.transport": "tls",
    "broker.host": "pager.example.org",
    "broker.port": "8883",
    "broker.serverName": "broker",
    "broker.userName": "bay-7",
    "broker.password": 's3cret, "quoted"',
    "broker.ca":
      "-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE-----\n" +
      "-----BEGIN CERTIFICATE-----\nMAMCAQY=\n-----END CERTIFICATE-----\n",
    "screen.timeZone": "Europe/Berlin",
    "wifi.ssid": "Werk 3",
    "wifi.password": "p\u00e4ssword",
  }),
  valid("a broker alone", HOST_CODE, { "broker.host": "10.0.0.2" }),
  valid("Wi-Fi alone", "FP1:BMAAG3DBMJUWDIWW", { "wifi.ssid": "lab" }),
  valid("a password of 255 bytes", codeOfFields(fieldOf(8, letters("p".repeat(255)))), {
    "broker.password": "p".repeat(255),
  }),
  refused("nothing", "", "set-up code at byte 0: expected FP1: at the beginning"),
  refused("another text", "WIFI:T:WPA;;", "set-up code at byte 0: expected FP1: at the beginning"),
  refused("a later version", "FP2:AQAAQMJQ", "version 2, expected version 1"),
  refused("no colon", "FP1;AQAAQMJQ", "set-up code at byte 3: expected FP1:"),
  refused("a digit that base32 has not", HOST_CODE.replace("YYC4", "YY04"), "set-up code at byte 15: no character"),
  refused("one letter wrong", HOST_CODE.replace("YYC4", "YYC5"), "its checksum is wrong"),
  refused("two letters exchanged", HOST_CODE.replace("YYC4", "YY4C"), "its checksum is wrong"),
  refused("one letter missing", HOST_CODE.slice(0, -1), "a character is missing or one too many"),
  refused("one letter too many", `${HOST_CODE}A`, "a character is missing or one too many"),
  refused("its end missing", HOST_CODE.slice(0, -8), "its checksum is wrong"),
  refused("no fields", codeOfFields([]), "too short"),
  refused("a field of later firmware", codeOfFields(fieldOf(13, letters("x"))), "field 13, which this firmware"),
  refused("fields out of order", codeOfFields([...fieldOf(4, [97]), ...fieldOf(2, [98])]), "uid at the wrong place"),
  refused("a field twice", codeOfFields([...fieldOf(2, [97]), ...fieldOf(2, [98])]), "uid at the wrong place or a sec"),
  refused("a field without length", codeOfFields([2, 0]), "uid has no length"),
  refused("a length past the end", codeOfFields([2, 0, 5, 97, 98]), "uid of 5 bytes, 2 left"),
  refused("an empty field", codeOfFields(fieldOf(2, [])), "uid of 0 bytes"),
  refused("what is no UTF-8", codeOfFields(fieldOf(2, [0xff])), "uid is not UTF-8"),
  refused(
    "a password of 256 bytes",
    codeOfFields(fieldOf(8, letters("p".repeat(256)))),
    "broker.password of 256 bytes",
  ),
  refused("4,297 characters", `FP1:${"A".repeat(4_293)}`, "4297 characters, expected at most 4296"),
];

/** A reader accepts these, but a writer does not make them. */
export const SETUP_CODE_READ_ONLY: readonly Vector[] = [
  valid("small letters", HOST_CODE.toLowerCase(), { "broker.host": "10.0.0.2" }),
  valid("blanks and line feeds", ` ${HOST_CODE.replace(/(.{5})/g, "$1\r\n\t")} \n`, { "broker.host": "10.0.0.2" }),
];
