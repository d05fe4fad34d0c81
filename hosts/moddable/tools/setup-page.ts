/** Makes the page of set-up from its template, the tables of settings and their texts. It is a resource of the program. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Setting, SettingTable } from "../../../src/gateway/setting.ts";
import { SETTING_TEXTS, type SettingText } from "../../../src/gateway/setting-texts.ts";
import { SETTINGS } from "../../../src/gateway/settings.ts";
import { BOARD_SETTING_TEXTS } from "../board-setting-texts.ts";
import { BOARD_SETTINGS } from "../board-settings.ts";
import { PAGE_SETTINGS } from "../setup/page-settings.ts";
import { ROOT } from "./command.ts";

const TABLE: SettingTable = { ...BOARD_SETTINGS, ...SETTINGS };
const TEXTS: Readonly<Record<string, SettingText>> = { ...BOARD_SETTING_TEXTS, ...SETTING_TEXTS };

/** What stands above a field, and before which fields a heading stands. */
const LABELS: Readonly<Record<string, string>> = {
  "wifi.ssid": "Network",
  "wifi.password": "Password",
  "broker.host": "Address",
  "broker.port": "Port",
  "broker.transport": "Encryption",
  "broker.ca": "Trusted authorities",
  "broker.userName": "User name",
  "broker.password": "Password",
  env: "Organisation",
  uid: "Name of the pager",
  "screen.timeZone": "Time zone",
  "quiet.hours": "Quiet hours",
};
const HEADINGS: Readonly<Record<string, string>> = { "wifi.ssid": "Wi-Fi", "broker.host": "Broker", env: "Pager" };

/** Boards have no WebSocket. */
const CHOICES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "broker.transport": { tcp: "none (tcp)", tls: "TLS" },
};

/** A secret belongs to another setting. When that changes, the secret that is there does not hold any more. */
const BELONGS: Readonly<Record<string, string>> = {
  "wifi.password": "wifi.ssid",
  "broker.password": "broker.userName",
};

/** The page as it is flashed. */
export function setupPage(): string {
  const template = readFileSync(join(ROOT, "hosts", "moddable", "setup", "page.html"), "utf8");
  return template.replace("<!-- fields -->", () => PAGE_SETTINGS.map(fieldOf).join("\n"));
}

function fieldOf(name: string): string {
  const heading = HEADINGS[name];
  const setting = TABLE[name] as Setting;
  const { text, unit } = TEXTS[name] as SettingText;
  const label = `${LABELS[name]}${unit === undefined ? "" : ` (${unit})`}`;
  const lines = heading === undefined ? [] : [`<h2>${heading}</h2>`];
  lines.push(`<label>${escaped(label)}${inputOf(name, setting)}<small>${escaped(text)}</small></label>`);
  return lines.join("\n");
}

function inputOf(name: string, setting: Setting): string {
  const belongs = BELONGS[name] === undefined ? "" : ` data-belongs="${BELONGS[name]}"`;
  const attributes = `name="${name}"${belongs}${setting.isRequired ? " required" : ""}`;
  const choices = CHOICES[name];
  if (choices) {
    const options = Object.entries(choices).map(([value, words]) => `<option value="${value}">${words}</option>`);
    return `<select ${attributes}>${options.join("")}</select>`;
  }
  if (setting.kind === "number") return `<input ${attributes} type="number" min="${setting.min}" max="${setting.max}">`;
  if (setting.kind === "text" && setting.bytesMax > 1_024) return `<textarea ${attributes} rows="4"></textarea>`;
  const length = setting.kind === "text" ? ` maxlength="${setting.bytesMax}"` : "";
  const list = name === "wifi.ssid" ? ' list="networks"' : "";
  const type = setting.isSecret ? ' type="password" autocomplete="off"' : ' autocapitalize="none" spellcheck="false"';
  return `<input ${attributes}${length}${list}${type}>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
