/** The XMPP engine inside an engine of JavaScript: the RFC's logins, and a push as it comes. */

import { decodeUtf8, encodeUtf8 } from "../../src/utf8.ts";
import { digest, Pbkdf2, SHA1, SHA256 } from "../../src/xmpp/hash.ts";
import { Scram } from "../../src/xmpp/scram.ts";
import { Session } from "../../src/xmpp/session.ts";
import type { SessionOptions } from "../../src/xmpp/session-types.ts";

const OPTIONS: SessionOptions = {
  jid: "pager@example.org",
  password: "secret",
  resource: "fieldpager",
  tls: "none",
  mayRegister: true,
  contacts: [],
  keepAliveSeconds: 60,
};
const SERVER: readonly string[] = [
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='example.org' id='s1' version='1.0'>" +
    "<stream:features><auth xmlns='http://jabber.org/features/iq-auth'/></stream:features>",
  "<iq type='error' id='login-5'><error code='401'/></iq>",
  "<iq type='result' id='login-7'/>",
  "<iq type='result' id='login-5'><query xmlns='jabber:iq:auth'><digest/></query></iq>",
  "<iq type='result' id='login-6'/>",
  "<iq type='set' id='n1'><notification xmlns='androidpn:iq:notification'><id>1</id><title>ä</title><message>€ &amp; &#x1F600;</message><uri>u</uri></notification></iq>",
  `<message><body>${"x".repeat(5_000)}</body></message>`,
  "<a><!-- --></a>",
];

/** What the session says and tells. */
export function run(): readonly string[] {
  const lines: string[] = [];
  const session = new Session(OPTIONS, () => 0.5);
  const drain = () => {
    for (;;) {
      const event = session.pollEvent();
      if (event?.type === "message") {
        const { subject, body, link } = event.message;
        lines.push(`message ${subject} ${body} ${link}`);
        session.acknowledge(event.token);
      } else if (event) lines.push(event.type === "oversize" ? `oversize ${event.bytes}` : event.type);
      const bytes = session.pollTransmit();
      if (bytes) lines.push(decodeUtf8(bytes, 0, bytes.length, "sent"));
      if (!event && !bytes) return;
    }
  };
  session.start(0);
  drain();
  session.handleConnected(0);
  drain();
  // A cut in the middle of everything, also of characters.
  for (const text of SERVER)
    for (const byte of encodeUtf8(text)) {
      session.handleBytes(Uint8Array.of(byte), 0);
      drain();
    }
  return [...lines, ...logins()];
}

/** RFC 5802, section 5, and RFC 7677, section 3: what the client says last. */
function logins(): readonly string[] {
  const logins = [
    [SHA1, "fyko+d2lbbFgONRv9qkxdawL", "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"],
    [
      SHA256,
      "rOprNGfwEbeRWgbNEkqO",
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    ],
  ] as const;
  return logins.map(([algorithm, nonce, first]) => {
    const scram = new Scram(algorithm, "user", "pencil", nonce);
    scram.handleFirst(first);
    while (!scram.step(64));
    return scram.final;
  });
}

/** Does so many rounds, for the cost of one. */
export function rounds(name: "SHA-1" | "SHA-256", count: number): number {
  const algorithm = name === "SHA-1" ? SHA1 : SHA256;
  const work = new Pbkdf2(algorithm, encodeUtf8("secret"), encodeUtf8("salt"), count + 1);
  work.step(count);
  return digest(algorithm, work.result).length;
}
