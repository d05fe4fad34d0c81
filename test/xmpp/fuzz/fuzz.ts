/**
 * Feeds changed stanzas to the reader and to a session that lives through all of them. Nothing may be thrown but a `StreamError`.
 * Nothing may hang or grow. The reader makes the same of bytes however they are cut. The session must stay usable.
 */
import { STANZA_BYTES_MAX, TRANSMIT_BYTES_MAX } from "../../../src/limits.ts";
import type { Random } from "../../../src/seams.ts";
import { Session } from "../../../src/xmpp/session.ts";
import { StreamError } from "../../../src/xmpp/stream-error.ts";
import { XmlReader } from "../../../src/xmpp/xml-reader.ts";
import { integerBetween, seededRandom } from "../../random.ts";
import { OPTIONS } from "../scripted-server.ts";

const SESSION_INPUTS = 50;
const STEPS_MAX = 20_000;
const HEADER =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='example.org' id='s1' version='1.0'>";
const FEATURES = "<stream:features><auth xmlns='http://jabber.org/features/iq-auth'/></stream:features>";
const FIELDS = "<iq type='result' id='login-5'><query xmlns='jabber:iq:auth'><digest/></query></iq>";
const LOGGED_IN = "<iq type='result' id='login-6'/>";

const STANZAS: readonly string[] = [
  "<message from='bob@example.org/x' id='m1' type='chat'><body>hi &amp; bye &#x1F600;</body><request xmlns='urn:xmpp:receipts'/></message>",
  "<iq type='set' id='n1'><notification xmlns='androidpn:iq:notification'><id>1</id><title>t</title><message>m</message><uri>u</uri></notification></iq>",
  "<presence from='bob@example.org/x'><show>dnd</show><status>lunch</status></presence>",
  "<message from='bob@example.org'><displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/></message>",
  "<iq type='get' id='p1' from='example.org'><ping xmlns='urn:xmpp:ping'/></iq>",
  "<a xmlns='urn:xmpp:sm:3' h='0'/>",
  "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
  "<message><body><![CDATA[<b>]]></body></message>",
  "<message type='error' id='m1'><error code='503'/></message>",
];
const PIECES: readonly string[] = [
  "<",
  ">",
  "/",
  "'",
  '"',
  "&",
  ";",
  "=",
  "]]>",
  "<![CDATA[",
  "<!--",
  "<?",
  " ",
  "\r\n",
  "xmlns",
  ":",
  "&#x",
  "</stream:stream>",
  "😀",
  "\ud800",
];

export interface FuzzOutcome {
  readonly inputs: number;
  readonly counts: Readonly<Record<"stanzas" | "refusals" | "messages", number>>;
  /** One sentence for each input that broke a promise. */
  readonly violations: readonly string[];
}

/** @param first number of the first input. Sessions begin at multiples of 50. A number is replayed from there. */
export function fuzz(first: number, inputs: number): FuzzOutcome {
  const counts = { stanzas: 0, refusals: 0, messages: 0 };
  const violations: string[] = [];
  for (let block = first - (first % SESSION_INPUTS); block < first + inputs; block += SESSION_INPUTS) {
    const random = seededRandom(block + 1);
    const client = new FuzzedClient(random);
    for (let number = block; number < block + SESSION_INPUTS; number += 1) {
      const bytes = changed(random);
      const pieces = cut(bytes, random);
      try {
        const whole = readAll([bytes], counts);
        if (readAll(pieces, { stanzas: 0, refusals: 0 }) !== whole)
          throw new Error("cut bytes are read in another way");
        client.feed(pieces);
      } catch (error) {
        violations.push(
          `input ${number}, ${JSON.stringify(Buffer.from(bytes).toString("latin1")).slice(0, 400)}: ${(error as Error).stack}`,
        );
        break;
      }
    }
    counts.messages += client.messages;
  }
  return { inputs, counts, violations };
}

/** Some stanzas, most of them changed. */
function changed(random: Random): Uint8Array {
  const pick = <Item>(items: readonly Item[]) => items[integerBetween(random, 0, items.length - 1)] as Item;
  let text = "";
  for (let left = integerBetween(random, 1, 3); left > 0; left -= 1) text += pick(STANZAS);
  for (let left = integerBetween(random, 0, 2); left > 0; left -= 1) {
    const at = integerBetween(random, 0, text.length);
    const length = integerBetween(random, 0, 12);
    const added = random() < 0.1 ? pick(PIECES).repeat(integerBetween(random, 1, STANZA_BYTES_MAX)) : pick(PIECES);
    text = text.slice(0, at) + added + text.slice(at + (random() < 0.5 ? length : 0));
  }
  const bytes = Buffer.from(text);
  if (random() < 0.2) bytes[integerBetween(random, 0, bytes.length - 1)] = integerBetween(random, 0, 255);
  return bytes;
}

function cut(bytes: Uint8Array, random: Random): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = random() < 0.5 ? 1 : integerBetween(random, 1, 400);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** What the reader makes of it, in words. */
function readAll(pieces: readonly Uint8Array[], counts: { stanzas: number; refusals: number }): string {
  const reader = new XmlReader(STANZA_BYTES_MAX);
  let words = "";
  let steps = 0;
  try {
    for (const piece of [Buffer.from(HEADER), ...pieces]) {
      reader.push(piece);
      for (let read = reader.next(); read; read = reader.next()) {
        steps += 1;
        if (steps > STEPS_MAX) throw new Error("the reader hangs");
        counts.stanzas += 1;
        words += JSON.stringify(read);
      }
    }
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    counts.refusals += 1;
    words += error.message;
  }
  return words;
}

class FuzzedClient {
  messages = 0;
  private readonly session: Session;
  private nowMs = 0;

  constructor(random: Random) {
    this.session = new Session({ ...OPTIONS, contacts: ["bob@example.org"] }, random);
    this.session.start(0);
  }

  /** Connects if it has to, gets the bytes, and must be usable then. */
  feed(pieces: readonly Uint8Array[]): void {
    this.connect();
    for (const piece of pieces) this.hand(piece);
    this.drain();
  }

  private connect(): void {
    for (let steps = 0; !this.session.isConnected; steps += 1) {
      if (steps > 50) throw new Error("the session does not connect any more");
      this.drain();
      this.nowMs = Math.max(this.nowMs, this.session.pollTimeout() ?? this.nowMs);
      this.session.handleTimeout(this.nowMs);
      this.drain();
      this.session.handleConnected(this.nowMs);
      for (const text of [HEADER, FEATURES, FIELDS, LOGGED_IN]) this.hand(Buffer.from(text));
    }
  }

  private hand(bytes: Uint8Array): void {
    this.drain();
    // The server stops to acknowledge, and nothing is read then: the deadline ends it.
    if (!this.session.canReceive) return;
    this.session.handleBytes(bytes, this.nowMs);
    this.drain();
  }

  private drain(): void {
    for (let steps = 0; ; steps += 1) {
      if (steps > STEPS_MAX) throw new Error("the session hangs");
      const event = this.session.pollEvent();
      if (event?.type === "message") {
        this.messages += 1;
        this.session.acknowledge(event.token);
      }
      const bytes = this.session.pollTransmit();
      if (bytes && bytes.length > TRANSMIT_BYTES_MAX) throw new Error("more than the transmit buffer");
      if (!event && !bytes) return;
    }
  }
}
