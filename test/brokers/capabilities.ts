/**
 * What each broker was found to do, in the version of its Debian package (Aedes: npm package). A test asks every installed broker.
 * It fails if an answer differs, for better or for worse. The questions stand in `probes.ts` and `probes-5.ts`.
 */
import type { PROBES } from "./probes.ts";
import type { PROBES_5 } from "./probes-5.ts";

/** One answer for each question. */
type Answers<Questions extends Record<string, (place: never) => Promise<unknown>>> = {
  readonly [Name in keyof Questions]: Awaited<ReturnType<Questions[Name]>>;
};

export interface Capabilities {
  /** Answers for MQTT 3.1.1, and what becomes of a CONNECT of MQTT 5. */
  readonly basic: Answers<typeof PROBES>;
  /** undefined if the broker does not speak MQTT 5. */
  readonly mqtt5: Answers<typeof PROBES_5> | undefined;
}

/** A broker that does all that MQTT 3.1.1 asks for. */
const COMPLETE: Capabilities["basic"] = {
  mqtt5: "accepted",
  qos2Publish: "pubrec",
  qos2Granted: 2,
  retainedByTopic: true,
  retainedByPlus: true,
  retainedByHash: true,
  dotInTopic: "kept",
  spaceInTopic: "kept",
  umlautInTopic: "kept",
  backlogOrder: "kept",
  liveMessage: "after the backlog",
  redelivery: "DUP, same identifier",
  will: true,
  takeover: "closes the former, with its will",
  megabyte: "delivered",
};

const COMPLETE_5: Answers<typeof PROBES_5> = {
  announced: "",
  properties: "userProperties, contentType, correlationData",
  subscriptionIdentifier: true,
  noLocal: true,
  retainAsPublished: true,
  retainHandling: true,
};

export const CAPABILITIES = Object.freeze({
  aedes: {
    basic: {
      ...COMPLETE,
      mqtt5: "refused with 1",
      liveMessage: "overtakes the backlog",
      redelivery: "no DUP, same identifier",
    },
    mqtt5: undefined,
  },
  // The station's own.
  station: {
    basic: COMPLETE,
    mqtt5: { ...COMPLETE_5, announced: "maximumPacketSize 4194304, receiveMaximum 256, topicAliasMaximum 16" },
  },
  mosquitto: {
    basic: COMPLETE,
    mqtt5: { ...COMPLETE_5, announced: "receiveMaximum 20, topicAliasMaximum 10" },
  },
  // NATS sends an unacknowledged message again only after its `ack_wait`, not at once on the next connection.
  nats: {
    basic: {
      ...COMPLETE,
      mqtt5: "refused with 1",
      qos2Publish: "closed",
      qos2Granted: 1,
      dotInTopic: "closed",
      spaceInTopic: "closed",
      takeover: "closes the former, without its will",
    },
    mqtt5: undefined,
  },
  rabbitmq: {
    basic: {
      ...COMPLETE,
      mqtt5: "closed",
      qos2Publish: "puback",
      qos2Granted: 1,
      retainedByPlus: false,
      retainedByHash: false,
      dotInTopic: "a/b",
      takeover: "closes the former, without its will",
    },
    mqtt5: undefined,
  },
  // A pager asks for a session of 30 days. ejabberd keeps it for five minutes; `session_expiry` in its configuration allows more.
  // It refuses a login without name and password. It sends a message only after the acknowledgement of the one before.
  ejabberd: {
    basic: COMPLETE,
    mqtt5: {
      ...COMPLETE_5,
      announced:
        "serverKeepAlive 60, sessionExpiryInterval 300, sharedSubscriptionAvailable false, topicAliasMaximum 100",
    },
  },
} as const satisfies Record<string, Capabilities>);

export type BrokerName = keyof typeof CAPABILITIES;
