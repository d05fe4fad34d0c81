/** Requests of the console to its station. Each rejection is a sentence for the user. */
import type { BrokerStatus } from "../../shared/broker-status.ts";
import type { DeviceDetails, DeviceSummary } from "../../shared/device.ts";
import type { DirectoryData } from "../../shared/entries.ts";
import type { DrawnPicture } from "../../shared/picture.ts";
import type { PushRequest, PushWithDeliveries, ReceiptStatus } from "../../shared/push.ts";
import type { UpdatesAnswer } from "../../shared/update.ts";
import type { WebhookInfo } from "../../shared/webhook.ts";

export interface Session {
  readonly name: string;
  readonly isAdmin: boolean;
}

export interface DirectoryAnswer extends DirectoryData {
  readonly source: string;
  readonly isWritable: boolean;
}

/** Name and password of a new account. The station tells them once. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** A token in a list, without the token itself. */
export interface TokenInfo {
  readonly id: string;
  readonly owner: string;
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** Where devices find the station. */
export interface StationAddress {
  readonly env: string;
  readonly mqttPort: number;
  /** With TLS; where there is one, `mqttPort` is for the station's own machine. */
  readonly mqttsPort?: number;
  /** Of SMTP, where the station takes mails. */
  readonly mailPort?: number;
  /** PEM of the authority of its certificate, where the station knows it. */
  readonly authority?: string;
  /** The broker that the station is a client of. Its ports are the ones above. */
  readonly broker?: BrokerStatus;
}

/** An answer with an error: the station's sentence, and the HTTP status. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Sends a push and gives its id. */
export async function sendPush(request: PushRequest): Promise<string> {
  const key = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
  const { id } = await ask<{ id: string }>("POST", "/api/push", request, { "idempotency-key": key });
  return id;
}

/** Uploads a picture and gives its address, for a push. */
export async function uploadPicture(picture: Blob): Promise<string> {
  return (await ask<{ address: string }>("POST", "/api/pictures", picture)).address;
}

/** A picture that was uploaded, as a device would show it in this room. */
export function fetchDrawn(
  address: string,
  { colours, width, height }: { readonly colours: number; readonly width: number; readonly height: number },
): Promise<DrawnPicture> {
  const token = address.slice(address.lastIndexOf("/") + 1);
  return ask("GET", `/api/pictures/${token}?colours=${colours}&width=${width}&height=${height}`);
}

/** The newest pushes, newest first; with `before` those that are older than that one. */
export async function fetchPushes(before?: string): Promise<readonly PushWithDeliveries[]> {
  const query = before === undefined ? "" : `?before=${encodeURIComponent(before)}`;
  return (await ask<{ pushes: readonly PushWithDeliveries[] }>("GET", `/api/pushes${query}`)).pushes;
}

/** One push with all its recipients. */
export function fetchPush(id: string): Promise<PushWithDeliveries> {
  return ask("GET", `/api/pushes/${encodeURIComponent(id)}`);
}

/** Takes a push back: who has not got it gets it no more, and who has it loses it. */
export function takeBack(id: string): Promise<void> {
  return ask("DELETE", `/api/pushes/${encodeURIComponent(id)}`);
}

/** One's own webhooks, or all for an administrator. */
export async function fetchWebhooks(): Promise<readonly WebhookInfo[]> {
  return (await ask<{ webhooks: readonly WebhookInfo[] }>("GET", "/api/webhooks")).webhooks;
}

/** Gives the secret, this once. */
export function addWebhook(url: string, states: readonly ReceiptStatus[]): Promise<{ readonly secret: string }> {
  return ask("POST", "/api/webhooks", { url, states });
}

export function removeWebhook(id: string): Promise<void> {
  return ask("DELETE", `/api/webhooks/${encodeURIComponent(id)}`);
}

/** Has something sent to it, and gives in words what came of it. */
export function testWebhook(id: string): Promise<{ readonly isTaken: boolean; readonly words: string }> {
  return ask("POST", `/api/webhooks/${encodeURIComponent(id)}/test`);
}

export async function fetchDevices(): Promise<readonly DeviceSummary[]> {
  return (await ask<{ devices: readonly DeviceSummary[] }>("GET", "/api/devices")).devices;
}

export function fetchDevice(uid: string): Promise<DeviceDetails> {
  return ask("GET", `/api/devices/${encodeURIComponent(uid)}`);
}

/** The firmware images, and how far the updates of devices are. */
export function fetchUpdates(): Promise<UpdatesAnswer> {
  return ask("GET", "/api/updates");
}

/** Orders devices to load an image. */
export function orderUpdate(image: string, devices: readonly string[]): Promise<void> {
  return ask("POST", "/api/updates", { image, devices });
}

export function fetchDirectory(): Promise<DirectoryAnswer> {
  return ask("GET", "/api/directory");
}

export function fetchStation(): Promise<StationAddress> {
  return ask("GET", "/api/station");
}

/** The password of the pager in this page. */
export function fetchPagerLogin(uid: string): Promise<{ readonly userName: string; readonly password: string }> {
  return ask("POST", "/api/page-pager", { uid });
}

export function fetchSession(): Promise<Session> {
  return ask("GET", "/api/session");
}

export function logIn(name: string, password: string): Promise<Session> {
  return ask("POST", "/api/session", { name, password });
}

export function logOut(): Promise<void> {
  return ask("DELETE", "/api/session");
}

/** Adds a person, a device or a group; `kind` is the last part of the address. */
export function add(kind: "people" | "devices" | "groups", entry: object): Promise<Credentials> {
  return ask("POST", `/api/${kind}`, entry);
}

/** Removes a person, a device or a group. */
export function remove(name: string): Promise<void> {
  return ask("DELETE", `/api/directory/${encodeURIComponent(name)}`);
}

/** Gives an account a new password, one that the station makes. */
export function renewPassword(name: string): Promise<Credentials> {
  return ask("POST", `/api/accounts/${encodeURIComponent(name)}/password`, {});
}

/** Gives an account a password that its user has chosen. */
export function changePassword(name: string, password: string): Promise<Credentials> {
  return ask("POST", `/api/accounts/${encodeURIComponent(name)}/password`, { password });
}

export async function fetchTokens(): Promise<readonly TokenInfo[]> {
  return (await ask<{ tokens: readonly TokenInfo[] }>("GET", "/api/tokens")).tokens;
}

/** Makes a token for a program. It is told once. */
export function makeToken(label: string): Promise<{ readonly token: string }> {
  return ask("POST", "/api/tokens", { label });
}

export function revokeToken(id: string): Promise<void> {
  return ask("DELETE", `/api/tokens/${encodeURIComponent(id)}`);
}

async function ask<Answer>(
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: body ? { "content-type": isBlob(body) ? body.type : "application/json", ...headers } : headers,
      ...(body ? { body: isBlob(body) ? body : JSON.stringify(body) } : {}),
    });
  } catch {
    throw new Refused(0, "The station does not answer. Nothing was done.");
  }
  if (response.status === 204) return undefined as Answer;
  const answer = (await response.json().catch(() => ({}))) as Answer & { error?: string };
  if (!response.ok) throw new Refused(response.status, answer.error ?? `The station refused it: ${response.status}.`);
  return answer;
}

function isBlob(body: object): body is Blob {
  return body instanceof Blob;
}
