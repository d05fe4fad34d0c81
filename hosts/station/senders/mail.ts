/**
 * A mail as a push: the subject is the title, the plain text or the text of the HTML is the text, `X-Priority`, `Importance` or `Priority`
 * is the priority, and an attached picture is the picture. RFC 5322 and 2045 by `postal-mime`.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Attachment, Email } from "postal-mime";
import { describeError } from "../../common/describe-error.ts";
import {
  MAIL_HEADER_BYTES_MAX,
  MAIL_HTML_CHARACTERS_MAX,
  MAIL_NESTING_MAX,
  MAIL_SHORT_LINE_BYTES,
  MAIL_SHORT_LINES_MAX,
  MAIL_TEXT_CHARACTERS_MAX,
  PICTURE_FETCH_BYTES_MAX,
} from "../shared/limits.ts";
import { SenderRefused } from "./sender-refused.ts";

export interface Mail {
  readonly title: string;
  readonly text: string;
  /** 1 to 5. */
  readonly priority: number | undefined;
  readonly picture: Buffer | undefined;
  /** The same for the same mail that is sent again, with date and id of its own. undefined: nobody can tell whether it is the same. */
  readonly digest: string | undefined;
}

const LINE_FEED = 10;

const BOUNDS = Object.freeze({
  maxNestingDepth: MAIL_NESTING_MAX,
  maxRfc822NestingDepth: 1,
  maxHeadersSize: MAIL_HEADER_BYTES_MAX,
});

/** Of `Importance` (RFC 2156) and of `Priority` (the same) in lower case. */
const WORDS: Readonly<Record<string, number>> = Object.freeze({
  high: 4,
  urgent: 5,
  normal: 3,
  low: 2,
  "non-urgent": 2,
});

/** @throws SenderRefused if it is no mail that can be read */
export async function readMail(raw: Uint8Array): Promise<Mail> {
  const email = await parsed(raw.subarray(0, endOf(raw)));
  const text = (email.text ?? "").slice(0, MAIL_TEXT_CHARACTERS_MAX).replaceAll("\r", "").trim();
  const isMarked = email.messageId !== undefined && email.date !== undefined;
  return {
    title: (email.subject ?? "").slice(0, MAIL_TEXT_CHARACTERS_MAX),
    text: text || (await textOfHtml(email.html ?? "")),
    priority: priorityOf(email),
    picture: pictureOf(email.attachments),
    digest: isMarked ? createHash("sha256").update(raw).digest("base64url") : undefined,
  };
}

async function parsed(raw: Uint8Array | string): Promise<Email> {
  // A station without mails does not load it.
  const { default: PostalMime } = await import("postal-mime");
  try {
    return await PostalMime.parse(raw, BOUNDS);
  } catch (error) {
    throw new SenderRefused(`the mail cannot be read: ${describeError(error)}`);
  }
}

/** Where a mail is cut off that has too many short lines. */
function endOf(raw: Uint8Array): number {
  let shortLines = 0;
  for (let at = 0; at < raw.length; ) {
    const end = raw.indexOf(LINE_FEED, at);
    if (end < 0) break;
    if (end - at < MAIL_SHORT_LINE_BYTES) shortLines += 1;
    if (shortLines > MAIL_SHORT_LINES_MAX) return at;
    at = end + 1;
  }
  return raw.length;
}

/** `postal-mime` gives HTML as text where a plain part stands beside it. */
async function textOfHtml(html: string): Promise<string> {
  if (html.trim() === "") return "";
  const boundary = randomBytes(16).toString("hex");
  const shown = withoutStyles(html.slice(0, MAIL_TEXT_CHARACTERS_MAX)).slice(0, MAIL_HTML_CHARACTERS_MAX);
  const part = (type: string, body: string) => `--${boundary}\nContent-Type: ${type}; charset=utf-8\n\n${body}\n`;
  const mail = `Content-Type: multipart/mixed; boundary=${boundary}\n\n${part("text/plain", "")}${part("text/html", shown)}--${boundary}--`;
  return ((await parsed(mail)).text ?? "").replace(/\n{3,}/g, "\n\n").trim();
}

function withoutStyles(html: string): string {
  const [before = "", ...styles] = html.split(/<style\b/i);
  return (
    before +
    styles
      .map((style) =>
        style
          .split(/<\/style\s*>/i)
          .slice(1)
          .join(""),
      )
      .join("")
  );
}

/** X-Priority counts from 1, the highest, to 5. */
function priorityOf({ headers }: Email): number | undefined {
  const header = (name: string) =>
    headers
      .find(({ key }) => key === name)
      ?.value.trim()
      .toLowerCase() ?? "";
  const number = /^[1-5]/.exec(header("x-priority"))?.[0];
  if (number !== undefined) return 6 - Number(number);
  return WORDS[header("importance")] ?? WORDS[header("priority")] ?? WORDS[header("x-msmail-priority")];
}

/** The first that is attached, else the first that stands in the HTML. */
function pictureOf(attachments: readonly Attachment[]): Buffer | undefined {
  const pictures = attachments.filter(
    ({ mimeType, filename }) =>
      /^image\/(?:jpe?g|pjpeg|png|webp|gif)$/.test(mimeType) ||
      (mimeType === "application/octet-stream" && /\.(?:jpe?g|png|webp|gif)$/i.test(filename ?? "")),
  );
  const content = (pictures.find(({ related }) => !related) ?? pictures[0])?.content;
  if (content === undefined || typeof content === "string") return undefined;
  const bytes = Buffer.from(content as ArrayBuffer);
  return bytes.length <= PICTURE_FETCH_BYTES_MAX ? bytes : undefined;
}
