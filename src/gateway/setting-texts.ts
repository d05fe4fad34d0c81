/** What each setting does, for a person who sets it: in the README and on the page of set-up. The firmware does not need it. */
import type { SettingName } from "./settings.ts";

export interface SettingText {
  /** Of a number. */
  readonly unit?: string;
  readonly text: string;
}

export const SETTING_TEXTS: Readonly<Record<SettingName, SettingText>> = Object.freeze({
  env: { text: "Names the organisation. It is the first level of every topic." },
  uid: { text: "Names the device. It stands in the device's topics and is its client identifier." },
  "broker.protocol": {
    text: "Version of MQTT, or xmpp. With auto the device tries MQTT 5 first and falls back to 3.1.1. Boards have xmpp only if they are built with it.",
  },
  "broker.transport": {
    text: "How the device reaches the broker. tls, starttls and wss are encrypted. starttls is for xmpp and Node: TLS begins within the stream, or the device does not log in. Boards and simulator have tcp and tls, the pager in a browser has ws and wss.",
  },
  "broker.host": { text: "Name or address of the broker." },
  "broker.fallback": {
    text: "Further brokers in order of preference: host or host:port, separated by commas.",
  },
  "broker.port": { text: "Port of the broker." },
  "broker.path": { text: "Path of the WebSocket. It begins with /." },
  "broker.ca": {
    text: "Trusted authorities: PEM, on Node also the path of a file. Empty: those of the platform. Boards and simulator have no authorities of their own: with tls they do not start without this setting, unless broker.insecure is yes.",
  },
  "broker.certificate": {
    text: "Certificate of this device: PEM, on Node also a path. Those that lead to the broker's authority follow it.",
  },
  "broker.key": {
    text: "The key of that certificate: PEM, on Node also a path, without a password. Boards and simulator take RSA, and the curves P-256 and P-384.",
  },
  "broker.serverName": { text: "Name in the broker's certificate. Empty: broker.host." },
  "broker.insecure": {
    text: "With yes the device does not check the broker's certificate. It logs a warning at every connect.",
  },
  "broker.userName": {
    text: "Name to log in with at the broker. Empty: without a name. With xmpp an address or its first part; empty: the uid.",
  },
  "broker.password": { text: "Password to log in with at the broker." },
  "broker.subscribe": {
    text: "With no the device sends no SUBSCRIBE, and the station subscribes for it. With any other broker the device then gets nothing.",
  },
  "broker.register": {
    text: "With yes and xmpp the device registers its account where the server does not know it. Without TLS anybody on the way reads the password then.",
  },
  "broker.keepAlive": {
    unit: "seconds",
    text: "Longest time between pings on an idle connection. The broker takes the device for gone after one and a half times that.",
  },
  "broker.keepAliveMin": {
    unit: "seconds",
    text: "Shortest time between pings. The device learns a time in between for each network.",
  },
  "telemetry.format": { text: "SenML in CBOR, or in JSON, which needs no library to read." },
  "telemetry.qos": {
    text: "With 0 a batch that is lost on the way stays lost. With 1 the device sends it until the broker has it.",
  },
  "telemetry.interval": { unit: "seconds", text: "Time between two samples. 0: no samples." },
  "telemetry.maxAge": { unit: "seconds", text: "Time after which an unchanged reading is sent again." },
  "telemetry.deadband": {
    text: "Smaller changes of a sensor are not sent, for example temperature=0.5,load=0.1. Other sensors use their own deadband.",
  },
  "homeAssistant.discovery": { text: "With yes Home Assistant finds the device." },
  "homeAssistant.prefix": { text: "Topic prefix on which Home Assistant listens for devices." },
  contacts: { text: "Uids whose presence is shown. The station's directory can add more, up to 32 in all." },
  groups: { text: "Uids of groups whose messages come here. The station's directory can add more." },
  "presence.away": {
    unit: "seconds",
    text: "Time without a touch after which the device's presence is away. 0: never.",
  },
  "presence.custom": { text: "Texts that the carrier can choose as presence." },
  "quiet.hours": {
    text: "For example 22:00-07:00, on or off, or spans that begin on days of the week: Sun-Thu 22:00-06:30, Fri-Sat 23:30-09:00. During quiet hours presence is busy and only priority 5 sounds. One sound at the end tells of the rest.",
  },
  "quiet.senders": { text: "Senders whose messages sound at any time." },
  "message.texts": { text: "Texts that the carrier can send to a contact." },
  "screen.dwell": {
    unit: "milliseconds",
    text: "A new page stays on the screen for this long before the next one.",
  },
  "screen.dim": {
    unit: "seconds",
    text: "The light of the screen is dimmed when nobody has used the device for this long. 0: never.",
  },
  "screen.off": {
    unit: "seconds",
    text: "The light goes off when nobody has used the device for this long. A touch or a page that sounds switches it on. 0: never.",
  },
  "screen.timeZone": {
    text: "Local time of screen and quiet hours, with daylight saving: an IANA name such as Europe/Berlin, or a POSIX rule such as CET-1CEST,M3.5.0,M10.5.0/3. Node and page use the zone of their machine without it.",
  },
  "screen.utcOffset": {
    unit: "minutes",
    text: "For older devices: time ahead of UTC, all year. Of the two settings, the one that was set last holds.",
  },
  "update.url": {
    text: "Address of the firmware image for an update whose command names none, https://host/path. A board in safe mode loads it too.",
  },
});
