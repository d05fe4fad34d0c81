/** What a mail says becomes title, text, priority and picture of a push. */
import { readFileSync } from "node:fs";
import { createTransport } from "nodemailer";
import { describe, expect, it } from "vitest";
import { readMail } from "../../../../hosts/station/senders/mail.ts";
import {
  MAIL_NESTING_MAX,
  MAIL_SHORT_LINES_MAX,
  MAIL_TEXT_CHARACTERS_MAX,
} from "../../../../hosts/station/shared/limits.ts";
import { redDot } from "../test-pictures.ts";

const read = (...lines: string[]) => readMail(Buffer.from(lines.join("\r\n")));

/** As nodemailer writes it. */
async function written(mail: object): Promise<Buffer> {
  const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail({
    from: "ups@example.org",
    to: "anna@pager",
    ...mail,
  });
  return message as Buffer;
}

describe("a mail", () => {
  it("gives subject and plain text", async () => {
    expect(await read("Subject: UPS on battery", "", "Line 1", "Line 2", "")).toEqual({
      title: "UPS on battery",
      text: "Line 1\nLine 2",
      priority: undefined,
      picture: undefined,
      digest: undefined,
    });
  });

  it("in any character set and encoding", async () => {
    const latin = Buffer.concat([
      Buffer.from("Subject: =?iso-8859-1?Q?St=F6rung?=\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n"),
      Buffer.from("Tür offen", "latin1"),
    ]);
    expect(await readMail(latin)).toMatchObject({ title: "Störung", text: "Tür offen" });
    const base64 = await written({ subject: "泵房", text: "三号泵温度过高", textEncoding: "base64" });
    expect(await readMail(base64)).toMatchObject({ title: "泵房", text: "三号泵温度过高" });
  });

  it("gives the text of HTML where it has no plain one", async () => {
    const html = "<html><style>p{color:red}</style><body><p>Pump&nbsp;3 is <b>hot</b>:<br>91 &deg;C</p></body></html>";
    expect((await readMail(await written({ html }))).text).toBe("Pump\u00a03 is hot:\n91 °C");
    expect((await readMail(await written({ html, text: "plain" }))).text).toBe("plain");
  });

  it("has a priority by each header that there is", async () => {
    const of = async (header: string) => (await read(header, "", "x")).priority;
    expect(await of("X-Priority: 1 (Highest)")).toBe(5);
    expect(await of("X-Priority: 2")).toBe(4);
    expect(await of("X-Priority: 5")).toBe(1);
    expect(await of("Importance: High")).toBe(4);
    expect(await of("Importance: low")).toBe(2);
    expect(await of("Priority: urgent")).toBe(5);
    expect(await of("X-MSMail-Priority: High")).toBe(4);
    expect(await of("X-Priority: none")).toBe(undefined);
  });

  it("gives its picture: one that is attached before one that stands in the HTML", async () => {
    const photo = Buffer.from(await redDot());
    const logo = { filename: "logo.png", content: Buffer.from("logo"), cid: "logo" };
    const html = '<img src="cid:logo">';
    const picture = async (mail: object) => (await readMail(await written(mail))).picture;
    expect(await picture({ html, attachments: [logo, { filename: "door.png", content: photo }] })).toEqual(photo);
    expect(await picture({ html, attachments: [logo] })).toEqual(Buffer.from("logo"));
    const plain = { filename: "CAM1.JPG", contentType: "application/octet-stream", content: photo };
    expect(await picture({ text: "x", attachments: [plain] })).toEqual(photo);
    expect(await picture({ text: "x", attachments: [{ filename: "log.txt", content: "x" }] })).toBe(undefined);
  });

  it("has a digest only where date and id tell it from the next one", async () => {
    const marked = ["Date: Fri, 27 Nov 2026 10:00:00 +0000", "Message-ID: <1@ups>", "", "x"];
    const { digest } = await read(...marked);
    expect(digest).toMatch(/^[\w-]{43}$/);
    expect((await read(...marked)).digest).toBe(digest);
    expect((await read(...marked, "y")).digest).not.toBe(digest);
    expect((await read(...marked.slice(1))).digest).toBe(undefined);
    expect((await read(...marked.filter((line) => !line.startsWith("Message")))).digest).toBe(undefined);
  });

  it("is looked at up to a bound, and never refused for its length", async () => {
    const { text } = await read("Subject: x", "", "y".repeat(MAIL_TEXT_CHARACTERS_MAX + 10));
    expect(text).toHaveLength(MAIL_TEXT_CHARACTERS_MAX);
    const html = await written({ html: `<p>${"<b>z".repeat(200_000)}` });
    expect((await readMail(html)).text.startsWith("zzz")).toBe(true);
  });

  it("takes no more than a moment, whatever it holds", async () => {
    const html = "Content-Type: text/html\r\n\r\n";
    const parts = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    const whole = (text: string, beginning = "") => beginning + text.repeat(1_500_000 / text.length);
    for (const hostile of [
      whole("\r\n", "\r\n"),
      whole("--b\r\n\r\n", parts),
      whole("<a href=", html),
      whole("<style", html),
      whole("<!--", html),
      `\r\n${whole(`${"x".repeat(40)}\r\n`)}`,
    ]) {
      const { user: beforeUs } = process.cpuUsage();
      await readMail(Buffer.from(hostile));
      // Without the bounds a mail of 11 MB with empty lines took 91 seconds.
      expect(process.cpuUsage().user - beforeUs, hostile.slice(0, 60)).toBeLessThan(3_000_000);
    }
  });

  it("with many short lines is cut, and gives what stands before", async () => {
    const { text } = await read("", "beginning", ..."x".repeat(2 * MAIL_SHORT_LINES_MAX), "end");
    expect([text.startsWith("beginning\nx\nx"), text.includes("end")]).toEqual([true, false]);
    const photo = Buffer.alloc(3_000_000, 7);
    const { picture } = await readMail(await written({ attachments: [{ filename: "a.png", content: photo }] }));
    expect(picture?.equals(photo)).toBe(true);
  });

  it("with too many parts in one another is refused in words", async () => {
    const deep = (levels: number) => {
      let mail = "Content-Type: text/plain\r\n\r\nx\r\n";
      for (let level = 0; level < levels; level += 1)
        mail = `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n${mail}\r\n--b${level}--\r\n`;
      return readMail(Buffer.from(mail));
    };
    expect((await deep(MAIL_NESTING_MAX)).text).toBe("x");
    await expect(deep(MAIL_NESTING_MAX + 1)).rejects.toThrow("the mail cannot be read: ");
  });

  it("of any bytes is read or refused, and nothing else", async () => {
    const bytes = readFileSync(new URL(import.meta.url));
    for (let at = 0; at < bytes.length; at += 97) await readMail(bytes.subarray(at));
    await readMail(new Uint8Array());
  });
});
