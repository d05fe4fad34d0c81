/** Webhooks of any other program: templates with JSON pointers in the address. */
import { describe, expect, it } from "vitest";
import { webhookPush } from "../../../../hosts/station/senders/webhook.ts";

const BODY = { monitor: { name: "Shop", up: false }, list: [{ "a/b": 1, "m~n": 2 }], level: 4, at: null };
const push = (templates: Record<string, string>, body: unknown = BODY) =>
  webhookPush("anna", new TextEncoder().encode(JSON.stringify(body)), templates);

describe("a webhook", () => {
  it("is filled in from the body", () => {
    const templates = {
      title: "{/monitor/name}",
      text: "up: {/monitor/up}, {/list/0/a~1b} and {/list/0/m~0n}",
      priority: "{/level}",
      key: "shop-{/monitor/name}",
      link: "https://example.org/{/monitor/name}",
    };
    expect(push(templates)).toEqual({
      to: "anna",
      title: "Shop",
      text: "up: false, 1 and 2",
      priority: 4,
      collapseKey: "shop-Shop",
      link: "https://example.org/Shop",
    });
  });

  it("without a template shows the body", () => {
    expect(push({}, { a: 1 }).text).toBe('{\n "a": 1\n}');
  });

  it("with a pointer that leads nowhere has nothing there", () => {
    expect(push({ text: "[{/none/at/all}{/at}{/list/9}{/monitor/constructor}]" }).text).toBe("[]");
    expect(push({ text: "{/monitor}" }).text).toBe('{"name":"Shop","up":false}');
    expect(push({ text: "x", priority: "{/none}" }).priority).toBeUndefined();
  });

  it.each([
    [{ titel: "x" }, "titel: there is no such part"],
    [{ priority: "{/monitor/name}" }, 'priority "Shop": expected 1 to 5'],
  ])("%j is refused in words", (templates, problem) => {
    expect(() => push(templates as Record<string, string>)).toThrow(problem);
  });
});
