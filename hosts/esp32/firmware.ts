import config from "mc/config";

/** What the build has written into the program about itself, as text. undefined: it was not built by this repository's commands. */
export interface FirmwareText {
  readonly board?: string;
  readonly version?: string;
  /** Public half of the release key, hexadecimal. undefined: the program takes no updates. */
  readonly updateKey?: string;
}

export function firmwareText(): FirmwareText {
  return config as FirmwareText;
}
