/** The vectors of the codecs: whole, byte by byte, in pieces, with bytes behind. Gives the complaints; none is expected. */
import { checkMqttVectors } from "../vectors/mqtt.ts";
import { MQTT_3_VECTORS } from "../vectors/mqtt-3.ts";
import { MQTT_5_VECTORS } from "../vectors/mqtt-5.ts";
import { checkPayloadVectors, MESSAGE_VECTORS, PRESENCE_VECTORS } from "../vectors/payload.ts";

/** The complaints, and the number of rows, so that an empty table does not pass for a good one. */
export function run(): { readonly complaints: readonly string[]; readonly rows: number } {
  const tables = [MQTT_3_VECTORS, MQTT_5_VECTORS, MESSAGE_VECTORS, PRESENCE_VECTORS];
  return {
    complaints: [...checkMqttVectors(), ...checkPayloadVectors()],
    rows: tables.reduce((rows, table) => rows + table.length, 0),
  };
}
