/** The HTTP interface of devices: roster and diagnostics. */
import type { FastifyInstance } from "fastify";
import { UID_BYTES_MAX } from "../../../../src/limits.ts";
import type { DeviceWatch } from "../../devices/device-watch.ts";
import type { Directory } from "../../directory/directory.ts";
import { AccessError } from "../../identity/access-error.ts";
import type { Viewing } from "../../policy/viewing.ts";
import type { PushService } from "../../push/push-service.ts";
import type { DeviceSummary } from "../../shared/device.ts";
import type { Device } from "../../shared/entries.ts";
import type { MessageBroker } from "../../shared/message-broker.ts";
import { errorAnswers } from "../api-schemas.ts";

/** What is asked for it. */
export interface DeviceSources {
  readonly directory: Directory;
  readonly watch: DeviceWatch;
  readonly broker: MessageBroker;
  readonly pushes: PushService;
  readonly viewing: Viewing;
}

export function addDeviceRoutes(
  app: FastifyInstance,
  { directory, watch, broker, pushes, viewing }: DeviceSources,
): void {
  app.get("/api/devices", {
    schema: {
      summary: "The roster: every device that is in the directory or was heard of",
      tags: ["devices"],
      response: {
        200: {
          description: "With the last presence of each, where one may see it.",
          type: "object",
          additionalProperties: false,
          required: ["devices"],
          properties: { devices: { type: "array", items: { $ref: "Device#" } } },
        },
        ...errorAnswers(401),
      },
    },
    handler: async ({ account }) => {
      const devices = new Map(directory.devices.map((device) => [device.uid, summaryOf(device)]));
      for (const { uid, firmware, presence, telemetryAtMs } of watch.list()) {
        const seen = {
          ...(firmware && viewing.seesDevice(account, uid) && { firmware }),
          ...(presence && viewing.seesPresence(account, uid) && { presence }),
          ...(telemetryAtMs !== undefined && viewing.seesDevice(account, uid) && { telemetryAtMs }),
        };
        if (Object.keys(seen).length > 0) devices.set(uid, { uid, ...devices.get(uid), ...seen });
      }
      return { devices: [...devices.values()].sort((a, b) => (a.uid < b.uid ? -1 : 1)) };
    },
  });
  app.get("/api/devices/:uid", {
    schema: {
      summary: "What is known of one device: connection, telemetry, what waits for it",
      tags: ["devices"],
      params: {
        type: "object",
        required: ["uid"],
        properties: { uid: { type: "string", minLength: 1, maxLength: UID_BYTES_MAX } },
      },
      response: { 200: { description: "The device.", $ref: "DeviceDetails#" }, ...errorAnswers(400, 401, 403) },
    },
    handler: async (request) => {
      const { uid } = request.params as { uid: string };
      if (!viewing.seesDevice(request.account, uid))
        throw new AccessError(403, "only who carries it, programs and administrators may see this of a device");
      const listed = directory.device(uid);
      const connection = broker.connectionOf(uid);
      return {
        ...(listed && summaryOf(listed)),
        ...watch.get(uid),
        ...(connection ? { connection } : {}),
        subscriptions: broker.subscriptionsOf(uid),
        waiting: pushes.openFor(uid),
        series: watch.series(uid),
      };
    },
  });
}

function summaryOf({ uid, label, owner }: Device): DeviceSummary {
  return { uid, ...(label === undefined ? {} : { label }), ...(owner === undefined ? {} : { owner }) };
}
