/** Types of updates in the HTTP interface. Shared with the console. */

/** One image. The station does not check its signature: the device does. */
export interface FirmwareImage {
  /** Name of the file. */
  readonly name: string;
  readonly board: string;
  readonly version: string;
  /** Length of the file. */
  readonly bytes: number;
}

/** How far the update of a device is. Only the newest one of each is known, and only until the station restarts. */
export interface DeviceUpdate {
  readonly device: string;
  /** Version of the image. */
  readonly version: string;
  /** `ordered`: the command is sent. `loading`: the device fetches the image. `starting`: it has all of it. */
  readonly state: "ordered" | "loading" | "starting" | "done" | "failed";
  /** How much of the image has been sent. */
  readonly percent: number;
  /** What the device says of it, or empty. */
  readonly words: string;
  /** Milliseconds since 1970. */
  readonly changedAtMs: number;
}

export interface UpdatesAnswer {
  readonly images: readonly FirmwareImage[];
  readonly updates: readonly DeviceUpdate[];
}
