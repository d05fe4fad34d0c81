/** Reads what other programs send as JSON: whatever is missing or of another type counts as not there. */
import { describeError } from "../../common/describe-error.ts";
import { SenderRefused } from "./sender-refused.ts";

export type Json = Readonly<Record<string, unknown>>;

/** @throws SenderRefused if it is no object */
export function jsonObject(body: Uint8Array, ntfyCode?: number): Json {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(body).toString("utf8"));
  } catch (error) {
    throw new SenderRefused(`the body is no JSON: ${describeError(error)}`, ntfyCode);
  }
  if (!isObject(json)) throw new SenderRefused("the body is JSON, expected an object", ntfyCode);
  return json;
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectAt(json: Json, name: string): Json {
  const value = json[name];
  return isObject(value) ? value : {};
}

export function textAt(json: Json, name: string): string {
  const value = json[name];
  return typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : "";
}
