import type { Setting, SettingTable } from "../src/gateway/setting.ts";
import type { SettingText } from "../src/gateway/setting-texts.ts";

/** The rows of a README's table of settings: name, default, allowed values, who can set it, what it does. */
export function settingRows(table: SettingTable, texts: Readonly<Record<string, SettingText>>): readonly string[] {
  return Object.entries(table).map(([name, setting]) => {
    const { unit, text } = texts[name] as SettingText;
    const value = setting.default === "" ? "" : `\`${setting.default}\` `;
    const set = setting.isSecret ? "secret" : setting.isChangeable ? "command" : "device";
    return `| \`${name}\` | ${value}| ${rangeOf(setting, unit)} | ${set} | ${text} |`;
  });
}

function rangeOf(setting: Setting, unit: string | undefined): string {
  switch (setting.kind) {
    case "choice":
      return setting.choices.map((choice) => `\`${choice}\``).join(", ");
    case "number":
      return `${setting.min} to ${setting.max}${unit === undefined ? "" : ` ${unit}`}`;
    case "list":
      return `at most ${setting.countMax}, separated by commas`;
    case "text":
      return `text of at most ${setting.bytesMax} bytes`;
  }
}

/** The rows of the table in one section of a README. */
export function rowsIn(readme: string, section: string): readonly string[] {
  const from = readme.indexOf(`\n## ${section}\n`);
  const next = readme.indexOf("\n## ", from + 1);
  return readme
    .slice(from, next < 0 ? undefined : next)
    .split("\n")
    .filter((line) => line.startsWith("| `"));
}
