/** Writes elements as text. */

import { pieceAt } from "../utf8.ts";
import { isXmlCharacter } from "./xml-characters.ts";

/** Attributes by name. undefined: it is left out. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/** An element as text. @param content elements as text, or `escapeXml` of a text */
export function xml(name: string, attributes: Attributes = {}, ...content: readonly string[]): string {
  let text = `<${name}`;
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) text += ` ${key}='${escapeXml(value)}'`;
  const inner = content.join("");
  return inner === "" ? `${text}/>` : `${text}>${inner}</${name}>`;
}

/** A text as it may stand between tags and in an attribute. What no XML may hold (XML 1.0, 2.2) becomes U+FFFD. */
export function escapeXml(text: string): string {
  let escaped = "";
  for (let from = 0; from < text.length; ) {
    const piece = pieceAt(text, from);
    from += piece.length;
    let start = 0;
    for (let index = 0; index < piece.length; index += 1) {
      const unit = piece.charCodeAt(index);
      const code = unit < 0xd800 ? unit : (piece.codePointAt(index) as number);
      const units = code === unit ? 1 : 2;
      const entity = isXmlCharacter(code) ? ENTITIES[code] : "\ufffd";
      if (entity !== undefined) {
        escaped += piece.slice(start, index) + entity;
        start = index + units;
      }
      index += units - 1;
    }
    escaped += piece.slice(start);
  }
  return escaped;
}

/** A line feed within an attribute would come out as a space. */
const ENTITIES: Readonly<Record<number, string>> = Object.freeze({
  9: "&#9;",
  10: "&#10;",
  13: "&#13;",
  34: "&quot;",
  38: "&amp;",
  39: "&apos;",
  60: "&lt;",
  62: "&gt;",
});
