/** Where a station is and what it is called when nobody says otherwise. */
export const MQTT_PORT_DEFAULT = 1883;
export const MQTTS_PORT_DEFAULT = 8883;
export const HTTP_PORT_DEFAULT = 8080;
export const DATA_DEFAULT = ".fieldpager";
export const HOST_DEFAULT = "127.0.0.1";
export const ENV_DEFAULT = "field";
