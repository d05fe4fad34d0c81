/** What a broker says, and what the client does then. Each row is a case, under the statement of the standard. */

export interface ScriptedCase {
  /** A statement of MQTT 3.1.1 or 5, or a section if there is no statement. Words follow. */
  readonly name: string;
  readonly level: 4 | 5;
  /** When the bytes come: in the place of CONNACK, after SUBACK, or after a PUBLISH of the client with this QoS and identifier 2. */
  readonly when: "connack" | "idle" | "published 1" | "published 2";
  /** Hexadecimal digits. Spaces are for the reader. */
  readonly hex: string;
  /** The client answers with these packets, and the connection stays. */
  readonly answers?: readonly string[];
  /** The client closes. In MQTT 5, on a connection that stands, it says this reason code. Else it says nothing. */
  readonly closes?: number | "silent";
}

type Row = readonly [
  name: string,
  when: ScriptedCase["when"],
  hex: string,
  then: readonly string[] | number | "silent",
];

const rows = (level: 4 | 5, table: readonly Row[]): ScriptedCase[] =>
  table.map(([name, when, hex, then]) => ({
    name: `MQTT ${level === 5 ? "5" : "3.1.1"} ${name}`,
    level,
    when,
    hex,
    ...(typeof then === "object" ? { answers: then } : { closes: then }),
  }));

const MALFORMED = 0x81;
const PROTOCOL = 0x82;

/** In 3.1.1 the client closes and says nothing. */
const OLD: readonly Row[] = [
  ["[MQTT-3.2.0-1] PUBLISH in the place of CONNACK", "connack", "3003 0001 61", "silent"],
  ["[MQTT-3.2.0-1] PINGRESP in the place of CONNACK", "connack", "d000", "silent"],
  ["[MQTT-3.2.2-4] CONNACK refused with session present", "connack", "2002 0105", "silent"],
  ["[MQTT-3.2.2-5] CONNACK refused: bad user name", "connack", "2002 0004", "silent"],
  ["[MQTT-3.2.2-6] CONNACK refused with a code of no table", "connack", "2002 00c8", "silent"],
  ["3.2.2.1 CONNACK with a reserved acknowledge flag", "connack", "2002 0200", "silent"],
  ["[MQTT-2.2.2-2] CONNACK with flags", "connack", "2102 0000", "silent"],
  ["3.2 CONNACK one byte long", "connack", "2003 000000", "silent"],
  ["3.2 a second CONNACK", "idle", "2002 0000", "silent"],
  ["2.2.1 packet type 0", "idle", "0000", "silent"],
  ["2.2.1 packet type 15", "idle", "f000", "silent"],
  ["2.2.1 CONNECT from a server", "idle", "100c 0004 4d515454 04 02 003c 0000", "silent"],
  ["2.2.1 SUBSCRIBE from a server", "idle", "8206 0001 0001 61 00", "silent"],
  ["2.2.1 UNSUBSCRIBE from a server", "idle", "a205 0001 0001 61", "silent"],
  ["2.2.1 PINGREQ from a server", "idle", "c000", "silent"],
  ["2.2.1 DISCONNECT from a server", "idle", "e000", "silent"],
  ["2.2.3 remaining length of five bytes", "idle", "30ff ffff ff01", "silent"],
  ["2.2.3 PUBACK of 200 MB", "idle", "4080 8080 64", "silent"],
  ["[MQTT-2.2.2-2] PUBACK with flags", "idle", "4202 0002", "silent"],
  ["[MQTT-2.2.2-2] PUBREC with flags", "idle", "5202 0002", "silent"],
  ["[MQTT-3.6.1-1] PUBREL without its flags", "idle", "6002 0002", "silent"],
  ["[MQTT-2.2.2-2] PUBCOMP with flags", "idle", "7202 0002", "silent"],
  ["[MQTT-2.2.2-2] SUBACK with flags", "idle", "9203 000101", "silent"],
  ["[MQTT-2.2.2-2] PINGRESP with flags", "idle", "d100", "silent"],
  ["3.13 PINGRESP with a body", "idle", "d001 00", "silent"],
  ["[MQTT-3.3.1-4] PUBLISH with QoS 3", "idle", "3605 0001 61 0001", "silent"],
  ["[MQTT-3.3.1-2] PUBLISH with QoS 0 and DUP", "idle", "3803 0001 61", "silent"],
  ["[MQTT-2.3.1-1] PUBLISH with identifier 0", "idle", "3205 0001 61 0000", "silent"],
  ["[MQTT-2.3.1-1] PUBREL with identifier 0", "idle", "6202 0000", "silent"],
  ["[MQTT-3.3.2-2] PUBLISH to a topic with +", "idle", "3003 0001 2b", "silent"],
  ["[MQTT-3.3.2-2] [MQTT-4.7.1-1] PUBLISH to a topic with #", "idle", "3003 0001 23", "silent"],
  ["[MQTT-4.7.3-1] PUBLISH to no topic", "idle", "3002 0000", "silent"],
  ["[MQTT-1.5.3-2] [MQTT-4.7.3-2] PUBLISH to a topic with U+0000", "idle", "3003 0001 00", "silent"],
  ["[MQTT-1.5.3-1] PUBLISH to a topic that is not UTF-8", "idle", "3004 0002 c080", "silent"],
  ["[MQTT-1.5.3-1] PUBLISH to a topic with a surrogate", "idle", "3005 0003 eda080", "silent"],
  ["[MQTT-4.8.0-1] PUBLISH whose topic runs past the end", "idle", "3003 0009 61", "silent"],
  ["3.3.2.2 PUBLISH without its identifier", "idle", "3203 0001 61", "silent"],
  ["[MQTT-3.9.3-2] SUBACK with return code 3", "idle", "9003 0001 03", "silent"],
  ["[MQTT-3.8.4-2] SUBACK that nothing asked for", "idle", "9003 0009 01", "silent"],
  ["[MQTT-2.3.1-7] UNSUBACK that nothing asked for", "idle", "b002 0009", "silent"],
  ["[MQTT-4.3.2-2] [MQTT-3.3.4-1] PUBLISH with QoS 1", "idle", "3206 0001 61 0009 78", ["40020009"]],
  ["[MQTT-1.5.3-3] PUBLISH to a topic with U+FEFF", "idle", "3208 0004 61efbbbf 0009", ["40020009"]],
  [
    "[MQTT-4.3.2-2] after PUBACK an identifier is new again",
    "idle",
    "3205 0001 61 0009 3a05 0001 61 0009",
    ["40020009", "40020009"],
  ],
  ["[MQTT-4.3.3-2] PUBLISH with QoS 2 and PUBREL", "idle", "3405 0001 61 0009 6202 0009", ["50020009", "70020009"]],
  ["[MQTT-4.3.3-2] PUBLISH with QoS 2 twice", "idle", "3405 0001 61 0009 3c05 0001 61 0009", ["50020009", "50020009"]],
  ["[MQTT-4.5.0-2] PUBLISH to a topic that nobody subscribed to", "idle", "3205 0001 7a 0009", ["40020009"]],
  [
    "[MQTT-4.6.0-2] three messages",
    "idle",
    "3205 0001 61 0003 3205 0001 61 0001 3205 0001 61 0002",
    ["40020003", "40020001", "40020002"],
  ],
  ["[MQTT-4.6.0-3] two messages of QoS 2", "idle", "3405 0001 61 0003 3405 0001 61 0001", ["50020003", "50020001"]],
  ["4.3.3 PUBREL that answers nothing", "idle", "6202 0009", ["70020009"]],
  ["4.3.3 PUBREC that answers nothing", "idle", "5002 0009", ["62020009"]],
  ["4.3.2 PUBACK that answers nothing", "idle", "4002 0009", []],
  ["4.3.3 PUBCOMP that answers nothing", "idle", "7002 0009", []],
  ["3.13 PINGRESP that answers nothing", "idle", "d000", []],
  ["[MQTT-2.3.1-6] PUBACK", "published 1", "4002 0002", []],
  ["[MQTT-2.3.1-6] PUBACK of another message", "published 1", "4002 0003", []],
  ["[MQTT-4.3.3-1] PUBREC", "published 2", "5002 0002", ["62020002"]],
  ["[MQTT-4.3.3-1] PUBREC twice", "published 2", "5002 0002 5002 0002", ["62020002"]],
  ["4.3.3 PUBCOMP before PUBREC", "published 2", "7002 0002 5002 0002", ["62020002"]],
];

const NEW: readonly Row[] = [
  ["[MQTT-3.2.0-1] PUBLISH in the place of CONNACK", "connack", "3004 0001 61 00", "silent"],
  ["[MQTT-3.14.0-1] DISCONNECT in the place of CONNACK", "connack", "e000", "silent"],
  ["[MQTT-4.12.0-6] AUTH that nothing asked for in the place of CONNACK", "connack", "f000", "silent"],
  ["[MQTT-3.2.2-6] CONNACK refused with session present", "connack", "2003 018700", "silent"],
  ["[MQTT-3.2.2-7] [MQTT-4.13.2-1] CONNACK: not authorised", "connack", "2003 008700", "silent"],
  ["[MQTT-3.2.2-8] CONNACK with a reason of SUBACK", "connack", "2003 009e00", "silent"],
  ["[MQTT-3.2.2-1] CONNACK with a reserved acknowledge flag", "connack", "2003 020000", "silent"],
  ["[MQTT-2.2.2-1] CONNACK without property length", "connack", "2002 0000", "silent"],
  ["3.2.2.3.3 CONNACK with receive maximum 0", "connack", "2006 0000 03 210000", "silent"],
  ["3.2.2.3.4 CONNACK with maximum QoS 2", "connack", "2005 0000 02 2402", "silent"],
  ["3.2.2.3.6 CONNACK with maximum packet size 0", "connack", "2008 0000 05 2700000000", "silent"],
  ["[MQTT-3.2.0-2] a second CONNACK", "idle", "2003 000000", PROTOCOL],
  ["2.1.2 packet type 0", "idle", "0000", PROTOCOL],
  ["2.1.2 CONNECT from a server", "idle", "100d 0004 4d515454 05 02 003c 00 0000", PROTOCOL],
  ["2.1.2 SUBSCRIBE from a server", "idle", "8207 0001 00 0001 61 00", PROTOCOL],
  ["2.1.2 UNSUBSCRIBE from a server", "idle", "a206 0001 00 0001 61", PROTOCOL],
  ["2.1.2 PINGREQ from a server", "idle", "c000", PROTOCOL],
  ["[MQTT-4.12.0-6] AUTH that nothing asked for", "idle", "f000", PROTOCOL],
  ["1.5.5 remaining length of five bytes", "idle", "30ff ffff ff01", MALFORMED],
  ["[MQTT-2.1.3-1] PUBACK with flags", "idle", "4202 0002", MALFORMED],
  ["[MQTT-2.1.3-1] SUBACK with flags", "idle", "9204 0001 0001", MALFORMED],
  ["[MQTT-3.6.1-1] PUBREL without its flags", "idle", "6002 0002", MALFORMED],
  ["[MQTT-3.14.1-1] DISCONNECT with flags", "idle", "e100", MALFORMED],
  ["[MQTT-3.15.1-1] AUTH with flags", "idle", "f100", MALFORMED],
  ["[MQTT-3.3.1-4] PUBLISH with QoS 3", "idle", "3606 0001 61 0001 00", MALFORMED],
  ["[MQTT-3.3.1-2] PUBLISH with QoS 0 and DUP", "idle", "3804 0001 61 00", MALFORMED],
  ["[MQTT-2.2.1-4] PUBLISH with identifier 0", "idle", "3206 0001 61 0000 00", PROTOCOL],
  ["[MQTT-3.3.2-2] [MQTT-4.7.0-1] PUBLISH to a topic with +", "idle", "3004 0001 2b 00", MALFORMED],
  ["[MQTT-4.7.3-1] PUBLISH with neither topic nor alias", "idle", "3003 0000 00", MALFORMED],
  ["[MQTT-4.7.3-2] PUBLISH to a topic with U+0000", "idle", "3004 0001 00 00", MALFORMED],
  ["[MQTT-1.5.4-1] PUBLISH to a topic with a surrogate", "idle", "3006 0003 eda080 00", MALFORMED],
  ["[MQTT-1.5.4-2] PUBLISH with U+0000 in its content type", "idle", "3008 0001 61 04 03000100", MALFORMED],
  [
    "[MQTT-1.5.7-1] PUBLISH with a user property that is not UTF-8",
    "idle",
    "300b 0001 61 07 260001ff000176",
    MALFORMED,
  ],
  ["[MQTT-3.3.2-8] PUBLISH with topic alias 0", "idle", "3007 0001 61 03 230000", 0x94],
  ["[MQTT-3.3.2-11] [MQTT-3.1.2-26] PUBLISH with a topic alias above ours", "idle", "3007 0001 61 03 230009", 0x94],
  ["3.3.2.3.4 PUBLISH with an alias that stands for nothing", "idle", "3006 0000 03 230001", PROTOCOL],
  ["2.2.2.2 PUBLISH with an unknown property", "idle", "3006 0001 61 02 7f00", MALFORMED],
  ["2.2.2.2 PUBLISH with an alias twice", "idle", "300a 0001 61 06 230001 230001", PROTOCOL],
  ["2.2.2.2 PUBLISH with a property of CONNACK", "idle", "3007 0001 61 03 210001", MALFORMED],
  ["[MQTT-1.5.5-1] PUBLISH with an overlong property length", "idle", "3005 0001 61 8000", MALFORMED],
  ["[MQTT-1.5.5-1] PINGRESP with an overlong remaining length", "idle", "d080 00", MALFORMED],
  ["2.2.2.1 PUBLISH with a property length past its end", "idle", "3004 0001 61 09", MALFORMED],
  ["3.3.2.3.2 PUBLISH with payload format 2", "idle", "3006 0001 61 02 0102", PROTOCOL],
  ["3.3.2.3.8 PUBLISH with subscription identifier 0", "idle", "3006 0001 61 02 0b00", PROTOCOL],
  ["[MQTT-3.4.2-1] PUBACK with a reason of PUBREL", "idle", "4003 0002 92", PROTOCOL],
  ["[MQTT-3.5.2-1] PUBREC with a reason of PUBREL", "idle", "5003 0002 92", PROTOCOL],
  ["[MQTT-3.6.2-1] PUBREL with a reason of PUBACK", "idle", "6203 0002 10", PROTOCOL],
  ["[MQTT-3.7.2-1] PUBCOMP with a reason of PUBACK", "idle", "7003 0002 10", PROTOCOL],
  ["[MQTT-3.9.3-2] SUBACK with reason code 3", "idle", "9004 0001 00 03", PROTOCOL],
  ["[MQTT-2.2.1-6] [MQTT-3.8.4-2] SUBACK that nothing asked for", "idle", "9004 0009 00 01", PROTOCOL],
  ["[MQTT-3.10.4-5] UNSUBACK that nothing asked for", "idle", "b004 0009 00 00", PROTOCOL],
  ["[MQTT-3.15.2-1] AUTH with a reason of DISCONNECT", "idle", "f002 8e00", PROTOCOL],
  ["[MQTT-3.14.2-2] DISCONNECT with a session expiry", "idle", "e007 00 05 11 00000001", PROTOCOL],
  ["[MQTT-3.3.2-14] PUBLISH with a wildcard in its response topic", "idle", "3009 0001 61 05 080002612b 00", PROTOCOL],
  ["[MQTT-3.14.4-2] DISCONNECT: server shutting down", "idle", "e001 8b", "silent"],
  ["3.14.2.1 DISCONNECT with will, which only a client says", "idle", "e001 04", PROTOCOL],
  [
    "[MQTT-2.2.1-4] PUBLISH with QoS 2 and an identifier that waits",
    "idle",
    "3406 0001 61 0009 00 6202 0009 3406 0001 61 0009 00",
    ["50020009", "70020009", "50020009"],
  ],
  ["[MQTT-3.3.4-1] [MQTT-4.3.2-4] PUBLISH with QoS 1", "idle", "3206 0001 61 0009 00", ["40020009"]],
  [
    "[MQTT-4.3.2-5] after PUBACK an identifier is new again",
    "idle",
    "3206 0001 61 0009 00 3a06 0001 61 0009 00",
    ["40020009", "40020009"],
  ],
  [
    "[MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT-2.2.1-5] PUBLISH with QoS 2 and PUBREL",
    "idle",
    "3406 0001 61 0009 00 6202 0009",
    ["50020009", "70020009"],
  ],
  [
    "[MQTT-4.3.3-10] PUBLISH with QoS 2 twice",
    "idle",
    "3406 0001 61 0009 00 3c06 0001 61 0009 00",
    ["50020009", "50020009"],
  ],
  [
    "[MQTT-4.3.3-12] after PUBCOMP an identifier is new again",
    "idle",
    "3406 0001 61 0009 00 6202 0009 3406 0001 61 0009 00",
    ["50020009", "70020009", "50020009"],
  ],
  [
    "[MQTT-3.3.2-10] [MQTT-1.5.4-3] PUBLISH with each topic alias",
    "idle",
    "320a 0001 61 0001 03 230001 78 320a 0001 61 0002 03 230008 78",
    ["40020001", "40020002"],
  ],
  [
    "[MQTT-4.5.0-2] PUBLISH with every property",
    "idle",
    "3224 0001 61 0007 1d 0101 020000003c 0300026374 08000172 09000163 0b05 26000161000162 78",
    ["40020007"],
  ],
  ["4.3.3 PUBREL that answers nothing", "idle", "6202 0009", ["7003000992"]],
  ["4.3.3 PUBREC that answers nothing", "idle", "5002 0009", ["6203000992"]],
  ["4.3.2 PUBACK that answers nothing", "idle", "4002 0009", []],
  ["[MQTT-4.6.0-2] two messages", "idle", "3206 0001 61 0003 00 3206 0001 61 0001 00", ["40020003", "40020001"]],
  [
    "[MQTT-4.6.0-3] two messages of QoS 2",
    "idle",
    "3406 0001 61 0003 00 3406 0001 61 0001 00",
    ["50020003", "50020001"],
  ],
  ["[MQTT-4.4.0-2] PUBACK that refuses", "published 1", "4003 0002 97", []],
  ["[MQTT-4.3.3-4] PUBREC", "published 2", "5002 0002", ["62020002"]],
  ["[MQTT-4.4.0-2] PUBREC that refuses", "published 2", "5003 0002 97", []],
];

export const SCRIPTED_CASES: readonly ScriptedCase[] = [...rows(4, OLD), ...rows(5, NEW)];
