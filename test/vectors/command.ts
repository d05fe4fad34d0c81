/** Commands, valid and refused. Also the document for Home Assistant of a small device. */
import type { DiscoveredDevice } from "../../src/payload/discovery.ts";
import { toHex, type Vector } from "./vector.ts";

const HEAD = '{"id":"c","at":1700000000';

export const COMMAND_VECTORS: readonly Vector[] = [
  command("retract", `${HEAD},"do":"retract","message":"7"}`, { name: "retract", message: "7" }),
  command("read, of one sender", `${HEAD},"do":"read","message":"7","from":"bob"}`, {
    name: "read",
    message: "7",
    from: "bob",
  }),
  command("quiet", `${HEAD},"do":"quiet","hours":"on"}`, { name: "quiet", hours: "on" }),
  ...Object.entries({ online: 1, busy: 3, away: 4, custom: 15, auto: undefined }).map(([word, status]) =>
    command(`presence ${word}`, `${HEAD},"do":"presence","status":"${word}"}`, { name: "presence", status, text: "" }),
  ),
  command("presence with text", `${HEAD},"do":"presence","status":"busy","text":"x"}`, {
    name: "presence",
    status: 3,
    text: "x",
  }),
  command("settings", `${HEAD},"do":"settings","set":{"a":1,"b":null}}`, { name: "settings", set: { a: 1, b: null } }),
  command("identify", '{"id":"c","do":"identify"}', { name: "identify" }),
  command("restart, every key of the head", `${HEAD},"ex":86400,"do":"restart","x":[1]}`, { name: "restart" }),
  command("id of 23 bytes", `{"id":"${"i".repeat(23)}","do":"identify"}`, { name: "identify" }),
  command("the earliest and the shortest", '{"id":"c","at":0,"ex":0,"do":"identify"}', { name: "identify" }),
  command("the latest", '{"id":"c","at":4294967295,"do":"identify"}', { name: "identify" }),
  refused("id of 24 bytes", `{"id":"${"i".repeat(24)}","do":"identify"}`, "command id at byte 0: 24 bytes"),
  refused("id of no bytes", '{"id":"","do":"identify"}', "command id"),
  refused("no id", '{"do":"identify"}', "command id at byte 0: undefined, expected text"),
  refused("at past the end", '{"id":"c","at":4294967296,"do":"identify"}', "command at"),
  refused("at before the beginning", '{"id":"c","at":-1,"do":"identify"}', "command at"),
  refused("at in parts", '{"id":"c","at":1.5,"do":"identify"}', "command at"),
  refused("ex of more than a day", '{"id":"c","ex":86401,"do":"identify"}', "command ex"),
  refused("nothing to do", `${HEAD}}`, "command do"),
  refused("something else to do", `${HEAD},"do":"fly"}`, 'command do at byte 0: "fly", expected one of retract, read'),
  refused("retract without a message", `${HEAD},"do":"retract"}`, "command message"),
  refused("quiet without hours", `${HEAD},"do":"quiet"}`, "command hours"),
  refused("presence offline", `${HEAD},"do":"presence","status":"offline"}`, "command status"),
  refused("text that is none", `${HEAD},"do":"presence","status":"busy","text":1}`, "command text"),
  refused("settings in a list", `${HEAD},"do":"settings","set":[]}`, "command set"),
  refused("an array", "[]", "command at byte 0: expected a JSON object"),
  refused("nothing", "", "command at byte 0: expected a JSON object"),
  command("blanks and a comma too many", `\n${HEAD},"do":"quiet","hours":"on",}`, { name: "quiet", hours: "on" }),
  command("numbers as text", '{"id":"c","at":"1700000000","ex":"60","do":"identify"}', { name: "identify" }),
  refused("a key without quotes", '{"id":"c1",do:1}', "command at byte 11: not JSON"),
  refused("the end is missing", `${HEAD},"do":"quiet","hours":"on"`, "command at byte 51: the JSON ends too early"),
  refused("text without an end", '{"id":"c', "command at byte 6: not JSON"),
  refused("something behind", '{"id":"c"}}', "command at byte 10: not JSON"),
  refused("a setting nested deep", `${HEAD},"do":"settings","set":[${"{".repeat(20)}`, "command at byte"),
];

export const DISCOVERY_VECTOR: { readonly device: DiscoveredDevice; readonly expected: string } = {
  device: {
    env: "e",
    uid: "p",
    presenceTopic: "/e/pres/p",
    telemetryTopic: "/e/tele/p",
    pageTopic: "/e/page/p",
    sensors: [{ name: "t", unit: "Cel" }],
  },
  expected: [
    '{"dev":{"ids":["e_p"],"name":"p","mf":"Fieldpager"},"o":{"name":"Fieldpager"},"stat_t":"/e/tele/p",',
    `"avty":[{"t":"/e/pres/p","val_tpl":"{{'offline' if value[:1] in 'R\u0092' else 'online'}}"}],`,
    '"cmps":{"page":{"p":"notify","name":null,"uniq_id":"e_p_page","cmd_t":"/e/page/p","qos":1,"avty":[]},',
    '"t":{"p":"sensor","name":"t","uniq_id":"e_p_t","e":"latin-1","dev_cla":"temperature","unit_of_meas":"\u00b0C",',
    `"stat_cla":"measurement","val_tpl":"{{value_json|selectattr('n','eq','t')|map(attribute='v',default='None')`,
    `|list|last|default('')}}"}}}`,
  ].join(""),
};

function refused(name: string, json: string, refused: string): Vector {
  return { ...command(name, json), refused };
}

function command(name: string, json: string, expected?: unknown): Vector {
  const hex = toHex(Uint8Array.from(json, (character) => character.charCodeAt(0)));
  return { name: `command: ${name}`, origin: "payload/command.ts", hex, expected };
}
