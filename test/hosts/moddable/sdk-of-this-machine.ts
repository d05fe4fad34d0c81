import { Refusal } from "../../../hosts/moddable/tools/command.ts";
import { findSdk, type Sdk } from "../../../hosts/moddable/tools/sdk.ts";

/** The installed Moddable SDK, if there is one. */
export function sdkOfThisMachine(): Sdk | undefined {
  try {
    return findSdk();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
