/** Gotify's message API, in the forms that gotify.net/docs/pushmsg shows. */
import { describe, expect, it } from "vitest";
import { gotifyPush } from "../../../../hosts/station/senders/gotify.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const json = (body: object) => gotifyPush("anna", bytes(JSON.stringify(body)), "application/json");

describe("a message of Gotify", () => {
  it("as JSON", async () => {
    const extras = {
      "client::notification": { click: { url: "https://gotify.net" }, bigImageUrl: "https://gotify.net/a.png" },
    };
    const { push, echo } = await json({ title: "Backup", message: "done", priority: 8, extras });
    expect(push).toEqual({
      to: "anna",
      title: "Backup",
      text: "done",
      priority: 4,
      link: "https://gotify.net",
      picture: "https://gotify.net/a.png",
    });
    expect(echo).toEqual({ appid: 1, title: "Backup", message: "done", priority: 8, extras });
  });

  it("as a form, as curl -F and curl -d send it", async () => {
    const parts = [
      ["title", "my title"],
      ["message", "Grüße"],
      ["priority", "5"],
    ];
    const body = `${parts.map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join("")}--b--\r\n`;
    const wanted = { to: "anna", title: "my title", text: "Grüße", priority: 3 };
    expect((await gotifyPush("anna", bytes(body), "multipart/form-data; boundary=b")).push).toEqual(wanted);
    const form = new URLSearchParams(parts).toString();
    expect((await gotifyPush("anna", bytes(form), "application/x-www-form-urlencoded")).push).toEqual(wanted);
  });

  it.each([
    [0, 1],
    [3, 2],
    [4, 3],
    [7, 3],
    [9, 4],
    [10, 5],
  ])("of priority %i has %i here", async (priority, own) => {
    expect((await json({ message: "x", priority })).push.priority).toBe(own);
  });

  it.each([
    [{}, "message: is missing"],
    [{ message: "x", priority: "high" }, "priority"],
  ])("%j is refused in words", async (body, problem) => {
    await expect(json(body)).rejects.toThrow(problem);
  });

  it("that is a broken form is refused in words", async () => {
    await expect(gotifyPush("anna", bytes("nonsense"), "multipart/form-data; boundary=b")).rejects.toThrow(
      "cannot be read",
    );
  });
});
