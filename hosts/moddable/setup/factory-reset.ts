/** Makes a device as new: without settings and messages. After a power cut in between the next start goes on. */
import type { Store } from "../../../src/seams.ts";
import type { DeviceSettings } from "../device-settings.ts";

/** The record says that a reset has begun. It is removed last. */
const KEY = "reset";

/** Throws what the stores throw. */
export function factoryReset(store: Store, settings: DeviceSettings): void {
  store.write(KEY, new Uint8Array(0));
  settings.erase();
  for (const key of [...store.keys()]) if (key !== KEY) store.remove(key);
  store.remove(KEY);
}

/** Goes on with a reset that a power cut has ended. Throws what the stores throw. */
export function finishReset(store: Store, settings: DeviceSettings): void {
  if (store.read(KEY)) factoryReset(store, settings);
}
