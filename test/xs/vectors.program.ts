/** The vectors of the codecs: whole, byte by byte, in pieces, with bytes behind them. */
import { checkMqttVectors } from "../vectors/mqtt.ts";
import { MQTT_3_VECTORS } from "../vectors/mqtt-3.ts";
import { MQTT_5_VECTORS } from "../vectors/mqtt-5.ts";
import { checkPayloadVectors, PAYLOAD_ROWS } from "../vectors/payload.ts";

/** Returns the complaints, of which there must be none, and the number of rows, so that an empty table is noticed. */
export function run(): { readonly complaints: readonly string[]; readonly rows: number } {
  return {
    complaints: [...checkMqttVectors(), ...checkPayloadVectors()],
    rows: MQTT_3_VECTORS.length + MQTT_5_VECTORS.length + PAYLOAD_ROWS,
  };
}
