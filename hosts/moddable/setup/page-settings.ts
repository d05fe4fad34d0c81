/** The settings on the page of set-up. Those of Wi-Fi are the board's own. */
export const PAGE_SETTINGS: readonly string[] = Object.freeze([
  "wifi.ssid",
  "wifi.password",
  "broker.host",
  "broker.port",
  "broker.transport",
  "broker.ca",
  "broker.userName",
  "broker.password",
  "env",
  "uid",
  "screen.timeZone",
  "quiet.hours",
]);
