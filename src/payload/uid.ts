import { UID_BYTES_MAX } from "../limits.ts";
import { utf8Length } from "../utf8.ts";

/**
 * What a uid, a group's uid or an `env` may be, since each is one level of a topic: 1 to 64 bytes without `/`, `+`, `#` and
 * control characters (wire format, topics).
 */
export function isUid(text: string): boolean {
  if (text === "" || utf8Length(text) > UID_BYTES_MAX) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x2f || code === 0x2b || code === 0x23) return false;
  }
  return true;
}
