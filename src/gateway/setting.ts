/** What a setting may be, and the check of one value. Tables of settings are made of these: `SETTINGS`, and those of a host. */
import { UID_BYTES_MAX } from "../limits.ts";
import { isUid, UID_RULE } from "../payload/uid.ts";
import { utf8Length } from "../utf8.ts";

export type Setting = (
  | {
      readonly kind: "text";
      readonly default: string;
      readonly bytesMax: number;
      readonly topicLevel?: true;
      readonly isHost?: true;
      /** An IPv4 address, alone or with the prefix of its network, or empty. */
      readonly address?: "alone" | "with prefix";
    }
  | { readonly kind: "number"; readonly default: number; readonly min: number; readonly max: number }
  | { readonly kind: "choice"; readonly default: string; readonly choices: readonly string[] }
  /** A list, separated by commas. */
  | { readonly kind: "list"; readonly default: string; readonly countMax: number; readonly of: "uid" | "text" }
) & {
  /** The text must not be empty. If the default is empty, the setting must be given. */
  readonly isRequired?: true;
  /** The value is taken as it is. Blanks around all others are removed. */
  readonly isVerbatim?: true;
  /** The value never leaves the device, and never stands in an error, in a log or in an image that is flashed. */
  readonly isSecret?: true;
  /** A command can change it. All others can only be set at the device itself. */
  readonly isChangeable?: true;
};

export type SettingTable = Readonly<Record<string, Setting>>;

/** Raw settings by name: text, or numbers. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * Returns the value of a setting, or its default where none is given. If the value is wrong, it also adds a sentence with what was
 * found and what was expected to `errors`. It never contains a secret.
 */
export function checkSetting(name: string, setting: Setting, given: unknown, errors: string[]): string | number {
  if (given === undefined) {
    if (setting.isRequired && setting.default === "") errors.push(`setting ${name}: missing`);
    return setting.default;
  }
  const value = typeof given === "string" && !setting.isVerbatim ? given.trim() : given;
  const problem = (expected: string) => {
    const got = setting.isSecret ? "a hidden value" : JSON.stringify(value);
    errors.push(`setting ${name}: ${got}, expected ${expected}`);
    return setting.default;
  };
  switch (setting.kind) {
    case "number": {
      const number = typeof value === "string" && value !== "" ? Number(value) : value;
      if (typeof number !== "number" || !Number.isInteger(number) || number < setting.min || number > setting.max)
        return problem(`a whole number from ${setting.min} to ${setting.max}`);
      return number;
    }
    case "choice":
      if (typeof value !== "string" || !setting.choices.includes(value))
        return problem(`one of ${setting.choices.join(", ")}`);
      return value;
    case "list": {
      const items = typeof value === "string" ? itemsOf(value) : undefined;
      if (!items || items.length > setting.countMax) return problem(`at most ${setting.countMax}, separated by commas`);
      if (setting.of === "uid" && !items.every(isUid)) return problem("uids, separated by commas");
      if (items.some((item) => utf8Length(item) > UID_BYTES_MAX))
        return problem(`each of at most ${UID_BYTES_MAX} bytes`);
      return value as string;
    }
    case "text":
      if (typeof value !== "string" || utf8Length(value) > setting.bytesMax)
        return problem(`text of at most ${setting.bytesMax} bytes`);
      if (setting.topicLevel && !isUid(value)) return problem(UID_RULE);
      // Some hosts take an empty host name for this machine.
      if (setting.isHost && hostOf(value) === undefined && (setting.isRequired || value !== ""))
        return problem("a name or an address alone: broker.transport and broker.port say the rest");
      if (setting.address && value !== "" && !isAddress(value, setting.address))
        return problem(
          `an IPv4 address ${setting.address}, such as 10.0.0.7${setting.address === "alone" ? "" : "/24"}`,
        );
      if (setting.isRequired && value === "") return problem("some text");
      return value;
  }
}

/** The items between commas, each once. */
export function itemsOf(text: string): readonly string[] {
  const items = text.split(",").map((item) => item.trim());
  return items.filter((item, index) => item !== "" && items.indexOf(item) === index);
}

/**
 * Returns a name or an address, without blanks and brackets around it. undefined for any other text, such as a URL or
 * `host:port`.
 */
export function hostOf(text: string): string | undefined {
  const trimmed = text.trim();
  const bare = trimmed.startsWith("[") && trimmed.endsWith("]") ? trimmed.slice(1, -1) : trimmed;
  const isAddress6 = /^[\dA-Fa-f:.]+(%[^\s/]+)?$/.test(bare) && bare.split(":").length > 2;
  return isAddress6 || (bare === trimmed && /^[^\s:/?#@%[\]\\]+$/.test(bare)) ? bare : undefined;
}

function isAddress(text: string, form: "alone" | "with prefix"): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const parts = address.split(".");
  const isPart = (part: string, max: number) => /^\d{1,3}$/.test(part) && Number(part) <= max;
  if (parts.length !== 4 || rest.length > 0 || !parts.every((part) => isPart(part, 255))) return false;
  return form === "alone" ? prefix === undefined : prefix !== undefined && isPart(prefix, 32);
}
