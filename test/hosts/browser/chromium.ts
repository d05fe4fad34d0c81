import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import type { Station } from "../../../hosts/station/station.ts";

const PATH = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

/** How long to wait for a change of a page, in milliseconds. It is long enough for a busy machine. */
export const PAGE_TIMEOUT_MS = 60_000;

/** Whether Chromium is installed. `CHROMIUM_PATH` names another place. */
export const hasChromium = existsSync(PATH);

/** Starts the system's Chromium without a window and without its own connections to the internet. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: PATH,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Logs in at the console as the administrator of the station's first start. */
export async function logIn(page: Page, { firstStart }: Station): Promise<void> {
  await page.getByLabel("Name").fill(firstStart?.adminName ?? "");
  await page.getByLabel("Password").fill(firstStart?.adminPassword ?? "");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Send", exact: true }).waitFor();
}

/** Presses Tab until the element with this name has the focus, and checks that the focus is visible. */
export async function tabTo(page: Page, name: string, tag = ""): Promise<void> {
  const seen: string[] = [];
  for (let steps = 0; steps < 100; steps += 1) {
    await page.keyboard.press("Tab");
    const [found, foundTag, outline] = (await page.evaluate(FOCUSED)) as [string, string, string];
    seen.push(found);
    if (found !== name || !foundTag.startsWith(tag)) continue;
    expect(outline, `${name} has the focus`).not.toBe("none");
    return;
  }
  throw new Error(`no Tab leads to ${tag} ${name}, only to ${[...new Set(seen)].join(", ")}`);
}

/** Name, tag and outline of the element with the focus. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const label = element.labels?.[0]?.childNodes[0]?.textContent;
  const name = element.getAttribute("aria-label") ?? label ?? element.textContent;
  return [name.trim(), element.tagName, getComputedStyle(element).outlineStyle];
})()`;
