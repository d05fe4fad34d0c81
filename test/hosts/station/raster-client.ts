import { connectAsync, type MqttClient } from "mqtt";
import { localPassword } from "../../../hosts/common/local-key.ts";
import type { Station } from "../../../hosts/station/station.ts";
import type { StationBench } from "./harness.ts";

/** A device as the station sees it that draws pictures: it asks, and collects the replies. */
export async function connectRaster(
  bench: StationBench,
  station: Station,
  uid: string,
): Promise<{ client: MqttClient; replies: Buffer[] }> {
  const login = { clientId: uid, username: uid, password: localPassword(station.localKey, uid) };
  const client = await connectAsync(`mqtt://127.0.0.1:${station.mqttPort}`, login);
  bench.add(() => client.endAsync(true));
  const replies: Buffer[] = [];
  client.on("message", (_topic, payload) => replies.push(payload));
  await client.subscribeAsync(`/field/raster/${uid}/reply`, { qos: 1 });
  return { client, replies };
}
