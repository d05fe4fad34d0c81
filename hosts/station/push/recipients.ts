/** To whom a push goes, and whether it fits there. */
import { type Directory, EVERYONE } from "../directory/directory.ts";
import { DEVICE_PACKET_BYTES_MAX } from "../shared/limits.ts";
import type { Push } from "../shared/push.ts";
import { packetBytes, STATION_UID } from "./push-message.ts";
import { PushRefused } from "./push-refused.ts";

/**
 * The recipients' devices. An administrator may send to an unknown name, which is taken for a device that may still come.
 * @throws PushRefused
 */
export function recipientsOf(directory: Directory, to: string, isAdmin: boolean): readonly string[] {
  if (to === STATION_UID) throw new PushRefused(400, `to: ${STATION_UID} is the station itself`);
  if (to === EVERYONE && !isAdmin) throw new PushRefused(403, `to: only an administrator may send to ${EVERYONE}`);
  const known = directory.resolve(to);
  if (!known && !isAdmin) throw new PushRefused(404, `to: the directory knows no ${JSON.stringify(to)}`);
  const devices = known?.devices ?? [to];
  if (devices.length === 0) throw new PushRefused(400, `to: ${to} has no device`);
  return devices;
}

/** @throws PushRefused if a pager would not take the packet @param topicOf a device */
export function requireSize(push: Push, devices: readonly string[], topicOf: (device: string) => string): void {
  const byteLength = (device: string) => Buffer.byteLength(device);
  const longest = devices.reduce((most, each) => (byteLength(each) > byteLength(most) ? each : most), "");
  const bytes = packetBytes(push, topicOf(longest));
  if (bytes > DEVICE_PACKET_BYTES_MAX)
    throw new PushRefused(
      400,
      `text: the message takes ${bytes} bytes, expected at most ${DEVICE_PACKET_BYTES_MAX}, which is what a pager takes`,
    );
}
