import { describe, expect, it } from "vitest";
import { BOARD_SETTING_TEXTS } from "../../../../hosts/moddable/board-setting-texts.ts";
import { BOARD_SETTINGS } from "../../../../hosts/moddable/board-settings.ts";
import type { HttpRequest } from "../../../../hosts/moddable/setup/http.ts";
import { PAGE_SETTINGS } from "../../../../hosts/moddable/setup/page-settings.ts";
import { Portal, type PortalDevice } from "../../../../hosts/moddable/setup/portal.ts";
import { setupPage } from "../../../../hosts/moddable/tools/setup-page.ts";
import type { SettingTable } from "../../../../src/gateway/setting.ts";
import { SETTING_TEXTS, type SettingText } from "../../../../src/gateway/setting-texts.ts";
import { SETTINGS } from "../../../../src/gateway/settings.ts";
import { encodeUtf8 } from "../../../../src/utf8.ts";

const HERE = "192.168.4.1";
const PAGE = new ArrayBuffer(3);

const get = (path: string, host = HERE): HttpRequest => ({
  method: "GET",
  path,
  host,
  contentType: "",
  body: new Uint8Array(0),
});
const post = (path: string, body: string): HttpRequest => ({
  ...get(path),
  method: "POST",
  contentType: "application/json",
  body: encodeUtf8(body),
});

function open(device: Partial<PortalDevice> = {}): { portal: Portal; state: () => Record<string, unknown> } {
  const silent: PortalDevice = { values: () => ({ uid: "bay-7" }), scan: () => {}, tryOut: () => {} };
  const portal = new Portal({ ...silent, ...device }, PAGE, HERE, ["why"]);
  const state = () => {
    const { body } = portal.handleRequest(get("/state"));
    return JSON.parse(Buffer.from(body?.slice(0, body.byteLength) as ArrayBuffer).toString());
  };
  return { portal, state };
}

describe("the portal", () => {
  it("redirects requests for another host to the page, and no others", () => {
    const { portal } = open();
    expect(portal.handleRequest(get("/generate_204", "connectivitycheck.gstatic.com"))).toEqual({
      status: 302,
      location: "http://192.168.4.1/",
    });
    expect(portal.handleRequest(get("/", ""))).toMatchObject({ status: 302 });
    expect(portal.handleRequest(get("/"))).toMatchObject({ status: 200, body: PAGE });
    expect(portal.handleRequest(get("/generate_204"))).toEqual({ status: 404 });
  });

  it("reports each step of a trial, and takes one trial at a time", () => {
    let step: (step: string) => void = () => {};
    let done: (problems: readonly string[]) => void = () => {};
    const tried: unknown[] = [];
    const { portal, state } = open({
      tryOut: (changes, onStep, onDone) => {
        tried.push(changes);
        [step, done] = [onStep, onDone];
      },
    });
    expect(state()).toMatchObject({ state: "ready", problems: ["why"], steps: [], values: { uid: "bay-7" } });
    expect(portal.handleRequest(post("/try", '{"uid":"b","env":null}'))).toEqual({ status: 202 });
    expect(tried).toEqual([{ uid: "b", env: null }]);
    step("one");
    expect(state()).toMatchObject({ state: "trying", problems: [], steps: ["one"] });
    expect(portal.handleRequest(post("/try", "{}"))).toEqual({ status: 409 });
    done(["wrong"]);
    expect(state()).toMatchObject({ state: "failed", problems: ["wrong"], steps: ["one"] });
    expect(portal.handleRequest(post("/try", "{}"))).toEqual({ status: 202 });
    expect(state()).toMatchObject({ state: "trying", problems: [], steps: [] });
    done([]);
    expect(state()).toMatchObject({ state: "done", problems: [] });
    expect(portal.handleRequest(post("/try", "{}"))).toEqual({ status: 409 });
  });

  it("reports what a device throws, and goes on without networks if it cannot scan", () => {
    const { portal, state } = open({
      tryOut: () => {
        throw new Error("no memory");
      },
      scan: () => {
        throw new Error("already scanning");
      },
    });
    portal.handleRequest(post("/try", "{}"));
    expect(state()).toMatchObject({ state: "failed", problems: ["no memory"] });
    expect(portal.handleRequest(post("/scan", "{}"))).toEqual({ status: 202 });
    expect(state()).toMatchObject({ isScanning: false, networks: [] });
  });

  it("shows the networks that were found", () => {
    const lab = { ssid: "lab", signal: -50, isOpen: false };
    const { portal, state } = open({ scan: (done) => done([lab]) });
    portal.scan();
    expect(state()).toMatchObject({ networks: [lab], isScanning: false });
  });
});

describe("the page", () => {
  const table: SettingTable = { ...BOARD_SETTINGS, ...SETTINGS };
  const texts: Readonly<Record<string, SettingText>> = { ...BOARD_SETTING_TEXTS, ...SETTING_TEXTS };
  const page = setupPage();

  it.each(PAGE_SETTINGS)("has a field for %s, with the range and the text of the table", (name) => {
    const field =
      new RegExp(`<(input|select|textarea) name="${name.replaceAll(".", "\\.")}"[^>]*>`).exec(page)?.[0] ?? "";
    const setting = table[name];
    expect(field).not.toBe("");
    expect(page).toContain(`<small>${texts[name]?.text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</small>`);
    if (setting?.kind === "number") expect(field).toContain(`min="${setting.min}" max="${setting.max}"`);
    if (setting?.kind === "text" && field.startsWith("<input"))
      expect(field).toContain(`maxlength="${setting.bytesMax}"`);
    expect(field.includes("required")).toBe(setting?.isRequired === true);
    // A secret must be entered again when the setting that it belongs to changes.
    expect(/type="password".* /.test(field) && /data-belongs="/.test(field)).toBe(setting?.isSecret === true);
  });

  it("is small, loads nothing from elsewhere and has one place for each field", () => {
    expect(page.length).toBeLessThan(9_000);
    expect(page).not.toMatch(/https?:|src=|<link|@import|undefined/);
    expect(page).not.toContain("<!-- fields -->");
  });
});
