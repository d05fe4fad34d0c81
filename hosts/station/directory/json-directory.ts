/** The directory in a JSON file: `{"people": […], "devices": […], "groups": […]}`, each as in `directory.ts`. */
import { UID_RULE } from "../../../src/payload/uid.ts";
import { JsonFile } from "../../common/json-file.ts";
import type { Device, DirectoryData, Group, Person } from "../shared/entries.ts";
import { type DirectorySource, whyNoName } from "./directory.ts";

const EMPTY: DirectoryData = Object.freeze({ people: [], devices: [], groups: [] });

/** Reads a file, which may be missing. An error names the place in the file. */
export function jsonDirectory(path: string): DirectorySource {
  const file = new JsonFile<DirectoryData>(path);
  return {
    name: path,
    load: async () => file.read((content) => checked(content, path)) ?? EMPTY,
    hasChanged: () => file.isChanged,
    save: (data) => file.write(data),
  };
}

/** Checks an entry. People write this file by hand, so every wrong entry is named. */
function checked(data: unknown, path: string): DirectoryData {
  const lists = (isRecord(data) ? data : {}) as Partial<Record<string, unknown>>;
  const unknown = Object.keys(lists).find((key) => !["people", "devices", "groups"].includes(key));
  if (!isRecord(data) || unknown !== undefined)
    throw new Error(`${path}: expected an object with people, devices and groups, got ${unknown ?? typeof data}`);
  const names = new Set<string>();
  const entries = <T>(list: string, nameKey: string, texts: readonly string[], arrays: readonly string[]): T[] => {
    const value = lists[list] ?? [];
    if (!Array.isArray(value)) throw new Error(`${path}: ${list}: expected an array`);
    return value.map((entry: unknown, index) => {
      const where = `${path}: ${list}[${index}]`;
      if (!isRecord(entry)) throw new Error(`${where}: expected an object`);
      const name = entry[nameKey];
      const problem = typeof name === "string" ? whyNoName(name) : `expected ${UID_RULE}`;
      if (typeof name !== "string" || problem) throw new Error(`${where}.${nameKey}: ${problem}`);
      if (names.has(name)) throw new Error(`${where}.${nameKey}: ${JSON.stringify(name)} stands there twice`);
      names.add(name);
      for (const key of Object.keys(entry)) {
        const isRight =
          key === nameKey ||
          (texts.includes(key) && typeof entry[key] === "string") ||
          (arrays.includes(key) && isTexts(entry[key]));
        if (!isRight) throw new Error(`${where}.${key}: there is no such field, or it holds another kind of value`);
      }
      return entry as T;
    });
  };
  const people = entries<Person>("people", "name", ["fullName"], ["contacts"]);
  const devices = entries<Device>("devices", "uid", ["label", "owner"], ["contacts"]);
  const groups = entries<Group>("groups", "uid", ["label"], ["members"]);
  return { people, devices, groups: groups.map((group) => ({ ...group, members: group.members ?? [] })) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
