/** JSON schemas of the HTTP interface. Requests are checked by them, answers are written by them, OpenAPI shows them. */
import type { FastifyInstance } from "fastify";
import { CHOICES_MAX, MESSAGE_ID_BYTES_MAX, UID_BYTES_MAX } from "../../../src/limits.ts";
import { MELODIES } from "../../../src/melodies.ts";
import {
  COLLAPSE_KEY_CHARACTERS_MAX,
  PUSH_ADDRESS_CHARACTERS_MAX,
  PUSH_CHOICE_CHARACTERS_MAX,
  PUSH_TEXT_CHARACTERS_MAX,
  PUSH_TITLE_CHARACTERS_MAX,
  REQUEST_DELAY_SECONDS_MAX,
  REQUEST_EXPIRY_SECONDS_MAX,
} from "../shared/limits.ts";

/** A text of a push holds no U+0000 and no lone surrogate, which UTF-8 cannot encode. */
export const TEXT_PATTERN = "^[^\\u0000\\ud800-\\udfff]*$";

const milliseconds = { type: "integer", description: "milliseconds since 1970" } as const;
const uid = { type: "string", minLength: 1, maxLength: UID_BYTES_MAX } as const;
const status = { type: "string", enum: ["stored", "shown", "read", "answered", "expired", "dropped"] } as const;
const count = { type: "integer", minimum: 0 } as const;
const ADDRESS_PATTERN = "^https?://[^\\s\\u0000]+$";
/** An address that a browser may follow. Schemes that run a script are not among them. */
const address = {
  type: "string",
  minLength: 8,
  maxLength: PUSH_ADDRESS_CHARACTERS_MAX,
  pattern: ADDRESS_PATTERN,
} as const;

export const errorSchema = {
  $id: "Error",
  type: "object",
  required: ["error"],
  properties: { error: { type: "string", description: "what is wrong, with the field it is about" } },
} as const;

export const pushRequestProperties = {
  to: { ...uid, description: "uid of a device, a person or a group, or `everyone`" },
  text: { type: "string", minLength: 1, maxLength: PUSH_TEXT_CHARACTERS_MAX, pattern: TEXT_PATTERN },
  title: { type: "string", minLength: 1, maxLength: PUSH_TITLE_CHARACTERS_MAX, pattern: TEXT_PATTERN },
  priority: { type: "integer", minimum: 1, maximum: 5, description: "1 (lowest) to 5; 3 when left out" },
  expirySeconds: {
    type: "integer",
    minimum: 1,
    maximum: REQUEST_EXPIRY_SECONDS_MAX,
    description: "seconds after which the message is worthless",
  },
  delaySeconds: {
    type: "integer",
    minimum: 1,
    maximum: REQUEST_DELAY_SECONDS_MAX,
    description: "seconds until it is sent; its life begins then",
  },
  collapseKey: {
    type: "string",
    minLength: 1,
    maxLength: COLLAPSE_KEY_CHARACTERS_MAX,
    pattern: TEXT_PATTERN,
    description: "replaces an unread message of the same key",
  },
  melody: {
    type: "string",
    enum: MELODIES,
    description: "what it sounds like from priority 3 on; as the priority says when left out",
  },
  choices: {
    type: "array",
    minItems: 1,
    maxItems: CHOICES_MAX,
    items: { type: "string", minLength: 1, maxLength: PUSH_CHOICE_CHARACTERS_MAX, pattern: TEXT_PATTERN },
    description: "answers for the buttons",
  },
  picture: { ...address, description: "address of a picture" },
  link: { ...address, description: "address of a further resource" },
} as const;

export const pushRequestSchema = {
  $id: "PushRequest",
  type: "object",
  additionalProperties: false,
  required: ["to", "text"],
  properties: pushRequestProperties,
} as const;

const progressSchema = {
  $id: "Progress",
  type: "object",
  description: "how many of the recipients it has got how far",
  additionalProperties: false,
  required: ["recipients", "published", ...status.enum, "finished"],
  properties: {
    recipients: count,
    published: { ...count, description: "the device has it" },
    stored: count,
    shown: count,
    read: count,
    answered: count,
    expired: count,
    dropped: count,
    finished: { ...count, description: "nothing more can happen there that anyone waits for" },
  },
} as const;

const receiptSchema = {
  $id: "Receipt",
  type: "object",
  additionalProperties: false,
  required: ["status", "from", "atMs", "deviceSeconds"],
  properties: {
    status,
    from: { ...uid, description: "uid of the device, or `station`" },
    atMs: milliseconds,
    deviceSeconds: { type: "integer", description: "when the device made it, seconds since 1970; 0: it has no clock" },
    answer: { type: "string", description: "the choice that was taken" },
    call: {
      type: "object",
      description: "what came of the request that belongs to this choice",
      additionalProperties: false,
      required: ["atMs", "words"],
      properties: { atMs: milliseconds, words: { type: "string", description: "such as `answered 200`" } },
    },
  },
} as const;

const deliverySchema = {
  $id: "Delivery",
  type: "object",
  additionalProperties: false,
  required: ["device", "state", "receipts"],
  properties: {
    device: uid,
    state: {
      type: "string",
      enum: ["accepted", "waiting", "published", "expired"],
      description:
        "waiting: the device is not there; published: it was sent, and is sent again until the device has answered",
    },
    publishedAtMs: milliseconds,
    receipts: { type: "array", items: { $ref: "Receipt#" } },
  },
} as const;

const pushSchema = {
  $id: "Push",
  type: "object",
  additionalProperties: false,
  required: ["id", "to", "text", "sender", "acceptedAtMs", "progress", "deliveries"],
  properties: {
    id: { type: "string", minLength: 1, maxLength: MESSAGE_ID_BYTES_MAX },
    ...pushRequestProperties,
    sender: { type: "string", description: "name of the account that sent it" },
    acceptedAtMs: milliseconds,
    progress: { $ref: "Progress#" },
    deliveries: { type: "array", items: { $ref: "Delivery#" } },
  },
} as const;

const presenceSchema = {
  $id: "Presence",
  type: "object",
  additionalProperties: false,
  required: ["status", "context", "sinceMs"],
  properties: {
    status: { type: "string", enum: ["online", "offline", "busy", "away", "asleep", "custom", "unknown"] },
    context: { type: "string" },
    sinceMs: milliseconds,
  },
} as const;

const firmwareSchema = {
  $id: "Firmware",
  type: "object",
  additionalProperties: false,
  required: ["version", "board", "takesUpdates"],
  properties: { version: { type: "string" }, board: { type: "string" }, takesUpdates: { type: "boolean" } },
} as const;

const deviceProperties = {
  uid,
  firmware: { $ref: "Firmware#" },
  label: { type: "string" },
  owner: uid,
  presence: { $ref: "Presence#" },
  telemetryAtMs: milliseconds,
} as const;

const deviceSchema = {
  $id: "Device",
  type: "object",
  additionalProperties: false,
  required: ["uid"],
  properties: deviceProperties,
} as const;

const deviceDetailsSchema = {
  $id: "DeviceDetails",
  type: "object",
  additionalProperties: false,
  required: ["uid", "subscriptions", "waiting", "series"],
  properties: {
    ...deviceProperties,
    connection: {
      type: "object",
      additionalProperties: false,
      required: ["protocol", "keepAliveSeconds", "address", "sinceMs"],
      properties: {
        protocol: { type: "string" },
        keepAliveSeconds: { type: "integer" },
        address: { type: "string" },
        sinceMs: milliseconds,
      },
    },
    subscriptions: { type: "array", items: { type: "string" } },
    waiting: { ...count, description: "pushes that wait for its first connection" },
    series: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["name", "unit", "timesMs", "values"],
        properties: {
          name: { type: "string" },
          unit: { type: "string" },
          timesMs: { type: "array", items: { type: "integer" } },
          values: { type: "array", items: { type: "number" } },
        },
      },
    },
  },
} as const;

/** Registers the schemas by name. */
export function addApiSchemas(app: FastifyInstance): void {
  for (const schema of [
    errorSchema,
    pushRequestSchema,
    progressSchema,
    receiptSchema,
    deliverySchema,
    pushSchema,
    presenceSchema,
    firmwareSchema,
    deviceSchema,
    deviceDetailsSchema,
  ])
    app.addSchema(schema);
}

/** The schemas of answers with these statuses. */
export function errorAnswers<Status extends number>(...statuses: readonly Status[]) {
  return Object.fromEntries(statuses.map((code) => [code, { description: ERROR_WORDS[code] ?? "", $ref: "Error#" }]));
}

const ERROR_WORDS: Readonly<Record<number, string>> = Object.freeze({
  400: "The request is not right; nothing was done.",
  401: "Nobody is logged in, or the password or token is wrong.",
  403: "This account may not do that, or the request came from a page of another site.",
  404: "There is no such thing.",
  409: "It is there already.",
  413: "The request is too large.",
  415: "The request is no JSON.",
  422: "The idempotency key was used for another push.",
  429: "Too many tries; wait and try again.",
  503: "The station holds as much as it can.",
});

/** Puts a schema's error into words: the field, and what is expected there. */
export function describeSchemaError(
  errors: readonly { instancePath: string; message?: string; params: Record<string, unknown> }[],
  where: string,
): Error {
  const [first] = errors;
  const path = (first?.instancePath ?? "").slice(1).replaceAll("/", ".");
  const missing = first?.params.missingProperty;
  const unknown = first?.params.additionalProperty;
  if (typeof missing === "string") return new Error(`${missing}: is missing`);
  if (typeof unknown === "string") return new Error(`${unknown}: there is no such field`);
  if (first?.params.pattern === TEXT_PATTERN) return new Error(`${path}: may not hold U+0000 or half of a character`);
  if (first?.params.pattern === ADDRESS_PATTERN) return new Error(`${path}: expected an address, http:// or https://`);
  return new Error(`${path || where}: ${first?.message ?? "is not valid"}`);
}
