/** Messages between the station and its broker processes, and the environment variable with their options. */
import type { LdapOptions } from "../directory/ldap-directory.ts";
import type { MqttAddress } from "../mqtt-listener.ts";

export const BROKER_OPTIONS_VARIABLE = "FIELDPAGER_BROKER";

export interface BrokerProcessOptions extends MqttAddress {
  readonly data: string;
  readonly env: string;
  readonly redis: string;
  readonly anonymous: boolean;
  readonly ldap?: LdapOptions | undefined;
}

export type FromBroker =
  /** It listens. */
  | { readonly mqttPort: number; readonly mqttsPort: number | undefined }
  /** A device that the directory does not know showed the local key. */
  | { readonly localDevice: string }
  /** It could not begin. */
  | { readonly error: string; readonly code: string | undefined };
