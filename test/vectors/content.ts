/** The JSON inside contents and plain pages, valid and refused. */
import { CONTENT_TYPE } from "../../src/payload/content.ts";
import { toHex, type Vector } from "./vector.ts";

const { text: TEXT, image: IMAGE, audio: AUDIO, video: VIDEO, file: FILE, receipt: RECEIPT } = CONTENT_TYPE;
const LINK = '{"co":"http://x/y"';
const EVERY_KEY = '"id":"7","pr":5,"ex":60,"cl":"k","ti":"T","ur":"u","re":["yes","no"]';
const EVERY_KEY_READ = keys({
  id: "7",
  priority: 5,
  expirySeconds: 60,
  collapseKey: "k",
  title: "T",
  uri: "u",
  choices: ["yes", "no"],
});

/** Content Type in the first byte, the content behind it. */
export const CONTENT_VECTORS: readonly Vector[] = [
  text("nothing but co", "", {}),
  {
    ...content("every key", TEXT, `{"co":"hi",${EVERY_KEY}}`),
    expected: { type: "text", text: "hi", keys: EVERY_KEY_READ },
  },
  text("unknown keys", ',"zz":[1,{"a":2}]', {}),
  text("id of 23 bytes", `,"id":"${"i".repeat(23)}"`, { id: "i".repeat(23) }),
  refused("id of 24 bytes", TEXT, `{"co":"hi","id":"${"i".repeat(24)}"}`, "Content id at byte 0: 24 bytes"),
  refused("id of 12 characters in 24 bytes", TEXT, `{"co":"hi","id":"${"\\u00e4".repeat(12)}"}`, "Content id"),
  refused("id of no bytes", TEXT, '{"co":"hi","id":""}', "Content id"),
  text("id that is no text counts as absent", ',"id":7', {}),
  text("priority 1", ',"pr":1', { priority: 1 }),
  text("priority 5", ',"pr":5', { priority: 5 }),
  text("priority 0 counts as absent", ',"pr":0', {}),
  text("priority 6 counts as absent", ',"pr":6', {}),
  text("priority 2.5 counts as absent", ',"pr":2.5', {}),
  text("priority as text counts as absent", ',"pr":"5"', {}),
  text("expiry 0", ',"ex":0', { expirySeconds: 0 }),
  text("the longest expiry", ',"ex":4294967295', { expirySeconds: 4_294_967_295 }),
  text("an expiry above it counts as absent", ',"ex":4294967296', {}),
  text("a negative expiry counts as absent", ',"ex":-1', {}),
  text("an expiry without end counts as absent", ',"ex":1e999', {}),
  text("collapse key, title, address that are no text count as absent", ',"cl":1,"ti":[],"ur":null', {}),
  text("three choices", ',"re":["a","b","c"]', { choices: ["a", "b", "c"] }),
  text("three choices of four", ',"re":["a","b","c","d"]', { choices: ["a", "b", "c"] }),
  text("choices that are no text or empty", ',"re":[1,"",null,"a"]', { choices: ["a"] }),
  text("choices that are no array", ',"re":"a"', {}),
  refused("text without co", TEXT, '{"ti":"hi"}', "Content co at byte 0: undefined, expected text"),
  refused("co is a number", TEXT, '{"co":7}', "Content co"),
  refused("no JSON", TEXT, '{"co":"hi"', "Content at byte 0: not JSON"),
  refused("nothing", TEXT, "", "not JSON"),
  refused("an array", TEXT, "[]", "expected an object"),
  refused("null", TEXT, "null", "expected an object"),
  { ...text("as deep as it may be", `,"a":${"[".repeat(7)}${"]".repeat(7)}`, {}) },
  refused(
    "one deeper",
    TEXT,
    `{"a":${"[".repeat(8)}${"]".repeat(8)}}`,
    "Content at byte 12: JSON nested deeper than 8",
  ),
  text("brackets in text have no depth", `,"a":"${"[".repeat(20)}\\"${"{".repeat(20)}"`, {}),
  { name: "content: not UTF-8", origin: "table 8", hex: "00 22 ff 22", refused: "Content at byte 1: not UTF-8" },
  content("image", IMAGE, `${LINK}}`, { type: "image", keys: keys({}), link: "http://x/y" }),
  content("image, all its keys", IMAGE, `${LINK},"th":"t","or":"o",${EVERY_KEY}}`, {
    type: "image",
    keys: EVERY_KEY_READ,
    link: "http://x/y",
    thumbnail: "t",
    original: "o",
  }),
  content("image, keys of a wrong type and of a file", IMAGE, `${LINK},"th":1,"or":{},"fn":"f","si":1}`, {
    type: "image",
    keys: keys({}),
    link: "http://x/y",
  }),
  refused("image without co", IMAGE, '{"th":"t"}', "Content co"),
  content("audio", AUDIO, `${LINK},"si":1}`, { type: "audio", keys: keys({}), link: "http://x/y", sizeBytes: 1 }),
  content("video, the largest length", VIDEO, `${LINK},"si":9007199254740991}`, {
    type: "video",
    keys: keys({}),
    link: "http://x/y",
    sizeBytes: 9_007_199_254_740_991,
  }),
  content("video, a length past what can be counted", VIDEO, `${LINK},"si":9007199254740992}`, {
    type: "video",
    keys: keys({}),
    link: "http://x/y",
  }),
  content("audio, a negative length", AUDIO, `${LINK},"si":-1}`, { type: "audio", keys: keys({}), link: "http://x/y" }),
  refused("audio without co", AUDIO, '{"si":1}', "Content co"),
  refused("video without co", VIDEO, '{"si":1}', "Content co"),
  content("file", FILE, `${LINK},"fn":"a.txt","si":0}`, {
    type: "file",
    keys: keys({}),
    link: "http://x/y",
    fileName: "a.txt",
    sizeBytes: 0,
  }),
  refused("file without co", FILE, '{"fn":"a.txt"}', "Content co"),
  ...["stored", "shown", "read", "expired", "dropped"].map((state) =>
    content(`receipt ${state}`, RECEIPT, `{"id":"7","st":"${state}"}`, { type: "receipt", id: "7", state }),
  ),
  content("receipt with an answer", RECEIPT, '{"id":"7","st":"answered","co":"yes"}', {
    type: "receipt",
    id: "7",
    state: "answered",
    answer: "yes",
  }),
  content("co of a receipt that is no answer, ignored", RECEIPT, '{"id":"7","st":"read","co":"yes"}', {
    type: "receipt",
    id: "7",
    state: "read",
  }),
  refused("answered without an answer", RECEIPT, '{"id":"7","st":"answered"}', "Content co"),
  refused("receipt of an unknown state", RECEIPT, '{"id":"7","st":"seen"}', "Content st"),
  refused("receipt without st", RECEIPT, '{"id":"7"}', "Content st"),
  refused("receipt without id", RECEIPT, '{"st":"read"}', "Content id"),
  refused("receipt for an id of no bytes", RECEIPT, '{"id":"","st":"read"}', "Content id"),
  refused("receipt for an id of 24 bytes", RECEIPT, `{"id":"${"i".repeat(24)}","st":"read"}`, "Content id"),
  ...Array.from({ length: 250 }, (_, index) =>
    content(`type ${index + 6} is skipped unread`, index + 6, "\u0001", {
      type: "other",
      keys: keys({}),
      contentType: index + 6,
    }),
  ),
];

export const PAGE_VECTORS: readonly Vector[] = [
  page("text", "Pump 3 hot", { keys: keys({}), text: "Pump 3 hot" }),
  page("object", '{"co":"hot","pr":4}', { keys: keys({ priority: 4 }), text: "hot" }),
  page("every key", `{"co":"hot",${EVERY_KEY}}`, { keys: EVERY_KEY_READ, text: "hot" }),
  page("begins like an object", "{hot}", { keys: keys({}), text: "{hot}" }),
  page("object without co", '{"ti":"x"}', { keys: keys({}), text: '{"ti":"x"}' }),
  page("object whose co is no text", '{"co":1}', { keys: keys({}), text: '{"co":1}' }),
  page("an array is text", '["co"]', { keys: keys({}), text: '["co"]' }),
  page("object nested too deep is text", `{"co":"a","b":${"[".repeat(8)}${"]".repeat(8)}}`, {
    keys: keys({}),
    text: `{"co":"a","b":${"[".repeat(8)}${"]".repeat(8)}}`,
  }),
  { ...page("id of 24 bytes", `{"co":"a","id":"${"i".repeat(24)}"}`), refused: "page id at byte 0: 24 bytes" },
  { name: "page: empty", origin: "wire format, plain page", hex: "", refused: "page at byte 0" },
  { name: "page: not UTF-8", origin: "wire format, plain page", hex: "61 fe", refused: "page at byte 1" },
  {
    name: "page: an object that is not UTF-8",
    origin: "wire format, plain page",
    hex: "7b ff",
    refused: "page at byte 1",
  },
];

function keys(some: object): object {
  return { priority: 3, choices: [], ...some };
}

/** A text "hi" with more keys behind `co`. */
function text(name: string, more: string, read: object): Vector {
  return content(`text, ${name}`, TEXT, `{"co":"hi"${more}}`, { type: "text", keys: keys(read), text: "hi" });
}

function refused(name: string, contentType: number, json: string, refused: string): Vector {
  return { ...content(name, contentType, json), refused };
}

function content(name: string, contentType: number, json: string, expected?: unknown): Vector {
  const codes = [contentType, ...Array.from(json, (character) => character.charCodeAt(0))];
  return { name: `content: ${name}`, origin: "wire format, table 8", hex: toHex(Uint8Array.from(codes)), expected };
}

function page(name: string, text: string, expected?: unknown): Vector {
  const hex = toHex(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  return { name: `page: ${name}`, origin: "wire format, plain page", hex, expected };
}
