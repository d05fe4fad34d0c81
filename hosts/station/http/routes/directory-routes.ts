/** The HTTP interface of the directory: people, devices and groups, with their accounts. */
import type { FastifyInstance } from "fastify";
import { UID_BYTES_MAX } from "../../../../src/limits.ts";
import type { Directory } from "../../directory/directory.ts";
import { AccessError } from "../../identity/access-error.ts";
import type { Accounts } from "../../identity/accounts.ts";
import type { Device, Group, Person } from "../../shared/entries.ts";
import {
  DIRECTORY_LIST_MAX,
  LABEL_CHARACTERS_MAX,
  PASSWORD_BYTES_MAX,
  PASSWORD_BYTES_MIN,
  REQUEST_NAMES_MAX,
} from "../../shared/limits.ts";
import { errorAnswers } from "../api-schemas.ts";
import type { Remove } from "../removal.ts";

const name = { type: "string", minLength: 1, maxLength: UID_BYTES_MAX } as const;
const words = { type: "string", minLength: 1, maxLength: LABEL_CHARACTERS_MAX } as const;
const names = { type: "array", maxItems: REQUEST_NAMES_MAX, items: name } as const;
/** Answers may hold longer texts than requests: the file may be written by hand. */
const allNames = { ...names, maxItems: DIRECTORY_LIST_MAX } as const;
const closed = { type: "object", additionalProperties: false } as const;

const personSchema = {
  ...closed,
  required: ["name"],
  properties: { name, fullName: words, contacts: names },
} as const;
const deviceSchema = {
  ...closed,
  required: ["uid"],
  properties: { uid: name, label: words, owner: name, contacts: names },
} as const;
const groupSchema = {
  ...closed,
  required: ["uid", "members"],
  properties: { uid: name, label: words, members: names },
} as const;

const credentialsAnswer = {
  description: "What it logs in with. This is told once; the station keeps a hash.",
  ...closed,
  required: ["name", "password"],
  properties: { name, password: { type: "string" } },
} as const;
const nothing = { description: "Done.", type: "null" } as const;
const byName = { params: { type: "object", required: ["name"], properties: { name } } } as const;

export function addDirectoryRoutes(
  app: FastifyInstance,
  accounts: Accounts,
  directory: Directory,
  remove: Remove,
): void {
  addDirectoryRoute(app, directory);
  addPeopleAndDevices(app, accounts, directory);
  addGroupRoutes(app, directory);
  addRemoval(app, remove);
  addPasswordRoute(app, accounts, directory);
}

function addDirectoryRoute(app: FastifyInstance, directory: Directory): void {
  app.get("/api/directory", {
    schema: {
      summary: "People, devices and groups",
      tags: ["directory"],
      response: {
        200: {
          description: "Everyone who can be sent to.",
          ...closed,
          required: ["source", "isWritable", "people", "devices", "groups"],
          properties: {
            source: { type: "string", description: "where the directory is kept" },
            isWritable: { type: "boolean", description: "whether it can be changed here" },
            people: { type: "array", items: withAll(personSchema, { contacts: allNames }) },
            devices: { type: "array", items: withAll(deviceSchema, { contacts: allNames }) },
            groups: { type: "array", items: withAll(groupSchema, { members: allNames }) },
          },
        },
        ...errorAnswers(401),
      },
    },
    handler: async () => {
      const { sourceName: source, isWritable, people, devices, groups } = directory;
      return { source, isWritable, people, devices, groups };
    },
  });
}

function addPeopleAndDevices(app: FastifyInstance, accounts: Accounts, directory: Directory): void {
  app.post("/api/people", {
    schema: {
      summary: "Add a person who can log in",
      tags: ["directory"],
      body: {
        ...personSchema,
        properties: {
          ...personSchema.properties,
          isAdmin: { type: "boolean", description: "may change people, devices and groups, and send to everyone" },
          password: {
            type: "string",
            minLength: PASSWORD_BYTES_MIN,
            maxLength: PASSWORD_BYTES_MAX,
            description: "one is made where it is left out",
          },
        },
      },
      response: { 201: credentialsAnswer, ...errorAnswers(400, 401, 403, 409) },
    },
    handler: async (request, reply) => {
      const {
        isAdmin = false,
        password,
        ...person
      } = request.body as Person & {
        isAdmin?: boolean;
        password?: string;
      };
      const chosen = password === undefined ? {} : { password };
      const made = await withAccount(
        accounts,
        () => accounts.create({ name: person.name, kind: "person", isAdmin, ...chosen }),
        () => directory.addPerson(person),
      );
      return reply.code(201).send(made);
    },
  });
  app.post("/api/devices", {
    schema: {
      summary: "Add a device",
      tags: ["directory"],
      body: deviceSchema,
      response: { 201: credentialsAnswer, ...errorAnswers(400, 401, 403, 409) },
    },
    handler: async (request, reply) => {
      const device = request.body as Device;
      const made = await withAccount(
        accounts,
        () => accounts.create({ name: device.uid, kind: "device" }),
        () => directory.addDevice(device),
      );
      return reply.code(201).send(made);
    },
  });
}

function addGroupRoutes(app: FastifyInstance, directory: Directory): void {
  app.post("/api/groups", {
    schema: {
      summary: "Add a group",
      tags: ["directory"],
      body: groupSchema,
      response: { 204: nothing, ...errorAnswers(400, 401, 403, 409) },
    },
    handler: async (request, reply) => {
      await directory.addGroup(request.body as Group);
      return reply.code(204).send();
    },
  });
  app.put("/api/groups/:name", {
    schema: {
      summary: "Change a group",
      tags: ["directory"],
      ...byName,
      body: { ...groupSchema, required: ["members"] },
      response: { 204: nothing, ...errorAnswers(400, 401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      await directory.updateGroup({ ...(request.body as Group), uid: nameIn(request.params) });
      return reply.code(204).send();
    },
  });
}

function addRemoval(app: FastifyInstance, remove: Remove): void {
  app.delete("/api/directory/:name", {
    schema: {
      summary: "Remove a person, a device or a group, and what it logs in with",
      tags: ["directory"],
      ...byName,
      response: { 204: nothing, ...errorAnswers(401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      await remove(nameIn(request.params));
      return reply.code(204).send();
    },
  });
}

function addPasswordRoute(app: FastifyInstance, accounts: Accounts, directory: Directory): void {
  app.post("/api/accounts/:name/password", {
    schema: {
      summary: "Give an account another password; one's own after a login, or as an administrator anyone's",
      description:
        "Connections, logins and tokens that were begun with the former one end. " +
        "Who stands in the directory and could not log in until now, such as a device that came with the local key, or " +
        "everyone of an LDAP server, gets an account by it.",
      tags: ["directory"],
      ...byName,
      body: {
        ...closed,
        properties: { password: { type: "string", minLength: PASSWORD_BYTES_MIN, maxLength: PASSWORD_BYTES_MAX } },
      },
      response: { 200: credentialsAnswer, ...errorAnswers(400, 401, 403, 404, 409) },
    },
    handler: async (request) => {
      const whose = nameIn(request.params);
      const { password } = request.body as { password?: string };
      if (whose !== request.account.name && !request.account.isAdmin)
        throw new AccessError(403, "only an administrator may change another one's password");
      // Who has got hold of a token must not lock out its owner.
      if (whose === request.account.name && request.isByToken)
        throw new AccessError(403, "a token may not change its own account's password: log in");
      const set = await setPassword(accounts, directory, whose, password);
      return { name: whose, password: set };
    },
  });
}

/** The same schema with other schemas of some fields. */
function withAll<Schema extends { readonly properties: object }>(schema: Schema, properties: object): Schema {
  return { ...schema, properties: { ...schema.properties, ...properties } };
}

function nameIn(params: unknown): string {
  return (params as { name: string }).name;
}

/** Sets the password of an account. Makes the account first if only the directory knows the name. Rejects as `Accounts` does. */
async function setPassword(accounts: Accounts, directory: Directory, whose: string, chosen?: string): Promise<string> {
  const kind = directory.device(whose) ? "device" : directory.person(whose) ? "person" : undefined;
  if (accounts.get(whose) || !kind) return accounts.setPassword(whose, chosen);
  const made = await accounts.create({ name: whose, kind, ...(chosen === undefined ? {} : { password: chosen }) });
  return made.password;
}

/** Adds account and entry, both or neither. An account without an entry could log in and not be found. */
async function withAccount(
  accounts: Accounts,
  create: () => ReturnType<Accounts["create"]>,
  addEntry: () => Promise<void>,
): Promise<{ readonly name: string; readonly password: string }> {
  const { account, password } = await create();
  try {
    await addEntry();
  } catch (error) {
    await accounts.remove(account.name);
    throw error;
  }
  return { name: account.name, password };
}
