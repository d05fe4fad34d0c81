/** Types of a device in the HTTP interface. Shared with the console. */

/** In words; `unknown` for a number that has no meaning yet. */
export type PresenceWord = "online" | "offline" | "busy" | "away" | "asleep" | "custom" | "unknown";

export interface DevicePresence {
  readonly status: PresenceWord;
  /** What the carrier wrote beside it; may be empty. Of a device that sleeps: when it wakes, in seconds since 1970. */
  readonly context: string;
  /** When the station learned it, milliseconds since 1970. For a presence from before the station's start it is that start. */
  readonly sinceMs: number;
}

/** One value of one series, in the words of SenML. */
export interface DeviceReading {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** When it was taken, milliseconds since 1970. */
  readonly atMs: number;
}

/** The newest points of one series, oldest first. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
}

/** Which firmware runs on a device. */
export interface DeviceFirmware {
  readonly version: string;
  readonly board: string;
  readonly takesUpdates: boolean;
}

/** One line of the roster. */
export interface DeviceSummary {
  readonly uid: string;
  /** Missing if the device has not told it. */
  readonly firmware?: DeviceFirmware;
  /** Missing if the station has heard no presence yet. */
  readonly presence?: DevicePresence;
  /** When the station last got telemetry, milliseconds since 1970. */
  readonly telemetryAtMs?: number;
  /** Name of the person who carries it, where the directory says so. */
  readonly owner?: string;
  /** Where it is or what it is, in words. */
  readonly label?: string;
}

/** A device's connection, as its broker knows it. */
export interface DeviceConnection {
  readonly protocol: string;
  readonly keepAliveSeconds: number;
  readonly address: string;
  readonly sinceMs: number;
}

export interface DeviceDetails extends DeviceSummary {
  readonly connection?: DeviceConnection;
  readonly subscriptions: readonly string[];
  /** Pushes that it lacks. */
  readonly waiting: number;
  readonly series: readonly Series[];
}

/** Events of devices in the event stream. */
export type DeviceEvent =
  | { readonly type: "presence"; readonly device: string; readonly presence: DevicePresence }
  | { readonly type: "telemetry"; readonly device: string; readonly readings: readonly DeviceReading[] }
  | { readonly type: "firmware"; readonly device: string; readonly firmware: DeviceFirmware }
  /** People, devices or groups have changed. */
  | { readonly type: "directory" };
