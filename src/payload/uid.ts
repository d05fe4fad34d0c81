import { UID_BYTES_MAX } from "../limits.ts";
import { isUnprintable } from "../printable.ts";
import { utf8Length } from "../utf8.ts";

/** The rule of `isUid` as text, for the person who chose the name. */
export const UID_RULE = `1 to ${UID_BYTES_MAX} bytes without /, +, #, commas, -<sub>-, control and invisible characters`;

/**
 * Whether `text` may be a uid, a group's uid or an `env`. Each of them is one level of a topic, and a word in the directory's
 * line (wire format, topics).
 */
export function isUid(text: string): boolean {
  if (text === "" || utf8Length(text) > UID_BYTES_MAX || text.includes("-<sub>-")) return false;
  for (const character of text)
    if ("/+#,".includes(character) || isUnprintable(character.codePointAt(0) as number)) return false;
  return true;
}
