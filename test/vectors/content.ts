/** The JSON inside contents and plain pages, valid and refused. */
import { CONTENT_TYPE } from "../../src/payload/content.ts";
import { toHex, type Vector } from "./vector.ts";

const { text: TEXT, image: IMAGE, audio: AUDIO, video: VIDEO, file: FILE, receipt: RECEIPT } = CONTENT_TYPE;
const LINK = '{"co":"http://x/y"';
const EVERY_KEY = '"id":"7","pr":5,"ex":60,"cl":"k","ti":"T","ur":"u","so":"siren","re":["yes","no"]';
const EVERY_KEY_READ = keys({
  id: "7",
  priority: 5,
  expirySeconds: 60,
  collapseKey: "k",
  title: "T",
  uri: "u",
  melody: "siren",
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
  text("id of 64 bytes", `,"id":"${"i".repeat(64)}"`, { id: "i".repeat(64) }),
  text("id of 65 bytes, shown without receipts", `,"id":"${"i".repeat(65)}"`, {}),
  text("id of 33 characters in 66 bytes", `,"id":"${"\\u00e4".repeat(33)}"`, {}),
  text("id of no bytes", ',"id":""', {}),
  text("id that is a number", ',"id":7', { id: "7" }),
  text("id that is a number no reader keeps", ',"id":12345678901234567890', {}),
  text("id that is a list", ',"id":[7]', {}),
  text("priority 1", ',"pr":1', { priority: 1 }),
  text("priority 5", ',"pr":5', { priority: 5 }),
  text("priority 0 counts as absent", ',"pr":0', {}),
  text("priority 6 counts as absent", ',"pr":6', {}),
  text("priority 2.5 counts as absent", ',"pr":2.5', {}),
  text("priority as text", ',"pr":"5"', { priority: 5 }),
  text("priority in words counts as absent", ',"pr":"high"', {}),
  text("priority of no characters counts as absent", ',"pr":""', {}),
  text("priority true counts as absent", ',"pr":true', {}),
  text("expiry as text", ',"ex":"600"', { expirySeconds: 600 }),
  text("expiry 0", ',"ex":0', { expirySeconds: 0 }),
  text("the longest expiry", ',"ex":4294967295', { expirySeconds: 4_294_967_295 }),
  text("an expiry above it counts as absent", ',"ex":4294967296', {}),
  text("a negative expiry counts as absent", ',"ex":-1', {}),
  text("an expiry without end counts as absent", ',"ex":1e999', {}),
  text("collapse key, title, address of a wrong kind", ',"cl":1,"ti":[],"ur":null', { collapseKey: "1" }),
  text("a melody that nobody knows yet", ',"so":"polka"', { melody: "polka" }),
  text("a melody of 16 bytes", `,"so":"${"m".repeat(16)}"`, { melody: "m".repeat(16) }),
  text("a melody of 17 bytes", `,"so":"${"m".repeat(17)}"`, {}),
  text("a melody of no bytes", ',"so":""', {}),
  text("a melody that is a list", ',"so":["siren"]', {}),
  text("three choices", ',"id":"7","re":["a","b","c"]', { id: "7", choices: ["a", "b", "c"] }),
  text("three choices of four", ',"id":"7","re":["a","b","c","d"]', {
    id: "7",
    choices: ["a", "b", "c"],
    unoffered: ["d"],
  }),
  text("choices without an id", ',"re":["a","b"]', { unoffered: ["a", "b"] }),
  text("a choice of 128 bytes", `,"id":"7","re":["${"c".repeat(128)}"]`, { id: "7", choices: ["c".repeat(128)] }),
  text("a choice of 129 bytes is cut", `,"id":"7","re":["${"c".repeat(129)}"]`, {
    id: "7",
    choices: [`${"c".repeat(125)}\u2026`],
  }),
  text("choices that are numbers, empty, of a wrong kind", ',"id":"7","re":[1,"",null,"a",{}]', {
    id: "7",
    choices: ["1", "a"],
  }),
  text("choices that are no array", ',"id":"7","re":"a"', { id: "7" }),
  whole("a title and no text", '{"ti":"hi"}', "", { title: "hi" }),
  whole("a title beside words that are none", '{"ti":"hi","co":["a"]}', '{"ti":"hi","co":["a"]}', { title: "hi" }),
  whole("co is a number", '{"co":7.5}', "7.5", {}),
  whole("co is true", '{"co":true}', "true", {}),
  whole("no words at all", '{"message":"hi","pr":5}', '{"message":"hi","pr":5}', { priority: 5 }),
  whole("no JSON", '{"co":"hi"', '{"co":"hi"', {}),
  whole("words and no JSON", "Pump 3 hot", "Pump 3 hot", {}),
  whole("nothing", "", "", {}),
  whole("an array", "[]", "[]", {}),
  whole("null", "null", "null", {}),
  ...[7, 8, 200, 1500].map((depth) => text(`${depth} lists deep`, `,"a":${"[".repeat(depth)}${"]".repeat(depth)}`, {})),
  text("1,000 objects deep, then a key", `,"a":${'{"b":'.repeat(600)}1${"}".repeat(600)},"pr":4`, { priority: 4 }),
  text("brackets in text have no depth", `,"a":"${"[".repeat(20)}\\"${"{".repeat(20)}"`, {}),
  ...["\u00ef\u00bb\u00bf", " \r\n\t", "\0", "\u00ef\u00bb\u00bf \0"].map((blanks) =>
    whole(`blanks ${JSON.stringify(blanks)}`, `${blanks}{"co":"hi","pr":4}\0\n `, "hi", { priority: 4 }),
  ),
  whole("control characters in text", '{"co":"a\nb\t\u0001c","pr":4}', "a\nb\t\u0001c", { priority: 4 }),
  whole("control characters and escapes", '{"co":"a\n\\u00e4\\"\\\\","pr":4}', 'a\n\u00e4"\\', { priority: 4 }),
  whole("escapes that are none", '{"co":"It\\\'s C:\\Users\\u00zz"}', "It\\'s C:\\Users\\u00zz", {}),
  whole("a comma behind the last value", '{"co":"hi","re":["a",],"id":"7",}', "hi", { id: "7", choices: ["a"] }),
  whole("the last of two values", '{"co":"a","co":"hi"}', "hi", {}),
  whole("keys of every object", '{"__proto__":{"co":"a"},"co":"hi","x":"\n"}', "hi", {}),
  {
    ...text("not UTF-8", "", {}),
    hex: `00 ${toHex(Uint8Array.from('{"co":"h', (character) => character.charCodeAt(0)))} ff e4 b8 22 7d`,
    expected: { type: "text", keys: keys({}), text: "h\ufffd\ufffd" },
  },
  {
    ...text("text that is not UTF-8", "", {}),
    hex: "00 22 ff 22",
    expected: { type: "text", keys: keys({}), text: '"\ufffd"' },
  },
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
    thumbnail: "1",
  }),
  content("image without co", IMAGE, '{"th":"t"}', { type: "text", keys: keys({}), text: '{"th":"t"}' }),
  content("image with a title alone", IMAGE, '{"ti":"t"}', { type: "text", keys: keys({ title: "t" }), text: "" }),
  content("image that is no JSON", IMAGE, "http://x/y", { type: "text", keys: keys({}), text: "http://x/y" }),
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
  content("audio, a length as text", AUDIO, `${LINK},"si":"1"}`, {
    type: "audio",
    keys: keys({}),
    link: "http://x/y",
    sizeBytes: 1,
  }),
  content("audio without co", AUDIO, '{"si":1}', { type: "text", keys: keys({}), text: '{"si":1}' }),
  content("file", FILE, `${LINK},"fn":"a.txt","si":0}`, {
    type: "file",
    keys: keys({}),
    link: "http://x/y",
    fileName: "a.txt",
    sizeBytes: 0,
  }),
  content("file without co", FILE, '{"fn":"a.txt"}', { type: "text", keys: keys({}), text: '{"fn":"a.txt"}' }),
  content("receipt that is no JSON", RECEIPT, "ok", { type: "text", keys: keys({}), text: "ok" }),
  content("receipt for a number", RECEIPT, '{"id":7,"st":"read"}', { type: "receipt", id: "7", state: "read" }),
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
  refused("receipt for an id of 65 bytes", RECEIPT, `{"id":"${"i".repeat(65)}","st":"read"}`, "Content id"),
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
  page("a title alone", '{"ti":"x"}', { keys: keys({ title: "x" }), text: "" }),
  page("object without words of ours", '{"message":"x","pr":5}', { keys: keys({}), text: '{"message":"x","pr":5}' }),
  page("object whose co is a number", '{"co":1}', { keys: keys({}), text: "1" }),
  page("an array is text", '["co"]', { keys: keys({}), text: '["co"]' }),
  page("object nested deep", `{"co":"a","b":${"[".repeat(900)}${"]".repeat(900)}}`, { keys: keys({}), text: "a" }),
  page("id of 65 bytes", `{"co":"a","id":"${"i".repeat(65)}"}`, { keys: keys({}), text: "a" }),
  page("blanks around text", "\u00ef\u00bb\u00bf hot\n\0", { keys: keys({}), text: "hot" }),
  page("blanks around an object", '\u00ef\u00bb\u00bf\n{"co":"hot","pr":4}\0', {
    keys: keys({ priority: 4 }),
    text: "hot",
  }),
  page("blanks alone", " \n", { keys: keys({}), text: "" }),
  { name: "page: cleared", origin: "wire format, topics", hex: "", expected: undefined },
  {
    name: "page: not UTF-8",
    origin: "wire format, plain page",
    hex: "61 fe",
    expected: { keys: keys({}), text: "a\ufffd" },
  },
  {
    name: "page: text in Latin-1",
    origin: "wire format, plain page",
    hex: "46 fc 6c 6c",
    expected: { keys: keys({}), text: "F\ufffdll" },
  },
  {
    name: "page: an object that is not UTF-8",
    origin: "wire format, plain page",
    hex: "7b 22 63 6f 22 3a 22 ff 22 7d",
    expected: { keys: keys({}), text: "\ufffd" },
  },
];

function keys(some: object): object {
  return { priority: 3, choices: [], ...some };
}

/** A text "hi" with more keys behind `co`. */
function text(name: string, more: string, read: object): Vector {
  return content(`text, ${name}`, TEXT, `{"co":"hi"${more}}`, { type: "text", keys: keys(read), text: "hi" });
}

/** A text content as a whole. */
function whole(name: string, json: string, words: string, read: object): Vector {
  return content(`text, ${name}`, TEXT, json, { type: "text", keys: keys(read), text: words });
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
