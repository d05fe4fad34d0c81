/**
 * The command `fieldpager decode <topic> <hex or base64>`: says in words what a payload holds, or what is wrong with it. With
 * `fieldpager decode <stanza>` it does so with what goes over a stream of XMPP.
 */
import { FormatError } from "../../../src/errors.ts";
import { StreamError } from "../../../src/xmpp/stream-error.ts";
import { parseFlags } from "../../common/flags.ts";
import { describePayload } from "../decode/describe-payload.ts";
import { describeStanzas } from "../decode/describe-stanza.ts";
import { called } from "./called.ts";

const USAGE = `Usage: ${called("decode")} <topic> <payload> [--base64]
       ${called("decode")} '<message>…</message>'
The payload in hexadecimal digits, with or without spaces, or in base64; --base64 where it could be both.
Straight from a broker: mosquitto_sub -t '/field/#' -F '%t %x' -C 1 | xargs ${called("decode")}`;

/** Bytes shown around the wrong one. */
const AROUND_BYTES = 8;

export function decode(args: readonly string[]): void {
  const flags = parseFlags(args, [], ["base64", "help"]);
  if (flags.values.help) {
    console.log(USAGE);
    return;
  }
  const [topic, ...digits] = flags.words;
  if (flags.errors.length === 0 && topic !== undefined && /^\s*</.test(topic)) {
    tell(() => describeStanzas(flags.words.join(" ")));
    return;
  }
  const payload = flags.values.base64
    ? fromBase64(digits.join(""))
    : (fromHex(digits.join("")) ?? fromBase64(digits.join("")));
  if (flags.errors.length || topic === undefined || digits.length === 0 || !payload) {
    for (const line of flags.errors) console.error(line);
    if (digits.length && !payload) console.error("the payload is neither hexadecimal nor base64");
    console.error(USAGE);
    process.exitCode = 2;
    return;
  }
  tell(() => describePayload(topic, payload), payload);
}

/** Prints what it is, or what is wrong with it. */
function tell(describe: () => readonly string[], payload: Uint8Array = new Uint8Array()): void {
  try {
    for (const line of describe()) console.log(line);
  } catch (error) {
    if (error instanceof FormatError) {
      console.error(`bad: ${error.message}`);
      console.error(around(payload, error.offset));
      process.exitCode = 1;
    } else if (error instanceof StreamError) {
      console.error(`bad: ${error.message}`);
      process.exitCode = 1;
    } else if (error instanceof RangeError) {
      console.error(error.message);
      process.exitCode = 2;
    } else throw error;
  }
}

/** The bytes near `offset`, that one in brackets. */
function around(payload: Uint8Array, offset: number): string {
  const start = Math.max(0, offset - AROUND_BYTES);
  const shown = [...payload.subarray(start, offset + AROUND_BYTES + 1)].map((byte, index) => {
    const hex = byte.toString(16).padStart(2, "0");
    return start + index === offset ? `[${hex}]` : hex;
  });
  if (offset >= payload.length) shown.push("[end]");
  return `  ${start > 0 ? "… " : ""}${shown.join(" ")}${offset + AROUND_BYTES + 1 < payload.length ? " …" : ""}`;
}

function fromHex(digits: string): Uint8Array | undefined {
  const hex = digits.replace(/\s+/g, "");
  return /^(?:[0-9a-f]{2})*$/i.test(hex) ? Buffer.from(hex, "hex") : undefined;
}

function fromBase64(digits: string): Uint8Array | undefined {
  const text = digits.replace(/\s+/g, "");
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, "base64") : undefined;
}
