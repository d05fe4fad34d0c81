/** A session in virtual time, and the other end of its connection as a script: what the server says, and what it hears. */
import { expect } from "vitest";
import { STANZA_BYTES_MAX } from "../../src/limits.ts";
import type { Element } from "../../src/xmpp/element.ts";
import { digest, hmac, Pbkdf2, SHA1, SHA256 } from "../../src/xmpp/hash.ts";
import { Session } from "../../src/xmpp/session.ts";
import type { SessionEvent, SessionOptions } from "../../src/xmpp/session-types.ts";
import { XmlReader } from "../../src/xmpp/xml-reader.ts";

export const STREAMS = "http://etherx.jabber.org/streams";
export const SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
export const SM = "urn:xmpp:sm:3";
const TLS = "urn:ietf:params:xml:ns:xmpp-tls";

export const OPTIONS: SessionOptions = {
  jid: "pager@example.org",
  password: "secret",
  resource: "fieldpager",
  tls: "none",
  mayRegister: false,
  contacts: [],
  keepAliveSeconds: 300,
  keepAliveMinSeconds: 60,
};

export const starttls = `<starttls xmlns='${TLS}'/>`;
export const proceed = `<proceed xmlns='${TLS}'/>`;
export const mechanisms = (...names: readonly string[]) =>
  `<mechanisms xmlns='${SASL}'>${names.map((name) => `<mechanism>${name}</mechanism>`).join("")}</mechanisms>`;
export const bindFeature = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
export const smFeature = `<sm xmlns='${SM}'/>`;
export const authFeature = "<auth xmlns='http://jabber.org/features/iq-auth'/>";

export class ScriptedServer {
  nowMs = 1_000;
  readonly session: Session;
  /** What the session has told and nobody has looked at. */
  readonly told: SessionEvent[] = [];
  /** Everything that it has sent on this connection, as text. */
  sent = "";
  private heard: Element[] = [];
  private reader = new XmlReader(2 * STANZA_BYTES_MAX);
  private text = new TextEncoder();
  acknowledges = true;

  constructor(options: Partial<SessionOptions> = {}, seed = 0.25) {
    this.session = new Session({ ...OPTIONS, ...options }, () => seed);
  }

  start(): this {
    this.session.start(this.nowMs);
    this.drain();
    return this;
  }

  /** The connection that was asked for stands. */
  connect(): this {
    this.takeEvent("open");
    this.sent = "";
    this.session.handleConnected(this.nowMs);
    this.drain();
    return this;
  }

  /** TLS stands. */
  secure(): this {
    this.takeEvent("secure");
    this.session.handleConnected(this.nowMs);
    this.drain();
    return this;
  }

  /** The server says this. */
  say(text: string): this {
    this.session.handleBytes(this.text.encode(text), this.nowMs);
    this.drain();
    return this;
  }

  /** A header and these features. */
  offer(...features: readonly string[]): this {
    return this.say(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='${STREAMS}' from='example.org' id='s1' version='1.0'>` +
        `<stream:features>${features.join("")}</stream:features>`,
    );
  }

  /** The next element that was heard. */
  hear(): Element {
    const [element] = this.heard.splice(0, 1);
    if (!element) throw new Error(`nothing was heard, told: ${JSON.stringify(this.told)}`);
    return element;
  }

  /** All that was heard and not looked at, in words. */
  hearAll(): string[] {
    return this.heard.splice(0).map((element) => [element.name, element.attribute("type")].filter(Boolean).join(" "));
  }

  /** Looks for an event. Those before it are forgotten. */
  takeEvent<Type extends SessionEvent["type"]>(type: Type): SessionEvent & { readonly type: Type } {
    for (let event = this.told.shift(); event; event = this.told.shift())
      if (event.type === type) return event as SessionEvent & { readonly type: Type };
    throw new Error(`${type} was not told`);
  }

  /** So much time passes. */
  wait(ms: number): this {
    const endMs = this.nowMs + ms;
    for (;;) {
      const wakeMs = this.session.pollTimeout() ?? Number.POSITIVE_INFINITY;
      if (wakeMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, wakeMs);
      this.session.handleTimeout(this.nowMs);
      this.drain();
    }
    this.nowMs = endMs;
    return this;
  }

  drain(): void {
    for (let isMore = true; isMore; ) {
      isMore = false;
      for (let event = this.session.pollEvent(); event; event = this.session.pollEvent()) {
        this.told.push(event);
        if (event.type === "message" && this.acknowledges) this.session.acknowledge(event.token);
        isMore = true;
      }
      const bytes = this.session.pollTransmit();
      if (!bytes) continue;
      isMore = true;
      this.listen(new TextDecoder().decode(bytes));
    }
  }

  /** Logs in by SCRAM, as the server of `OPTIONS.password`. */
  authenticate(algorithm = SHA256, forgery = ""): this {
    const auth = this.hear();
    expect(auth.attribute("mechanism")).toBe(`SCRAM-${algorithm.name}`);
    const first = Buffer.from(auth.text, "base64").toString();
    const [, bare = "", nonce = ""] = /^n,,(n=.*,r=(.*))$/.exec(first) ?? [];
    const serverFirst = `r=${nonce}more,s=c2FsdA==,i=4096`;
    this.say(`<challenge xmlns='${SASL}'>${Buffer.from(serverFirst).toString("base64")}</challenge>`);
    this.wait(1_000);
    const final = Buffer.from(this.hear().text, "base64").toString();
    const withoutProof = final.slice(0, final.indexOf(",p="));
    const work = new Pbkdf2(algorithm, Buffer.from(OPTIONS.password), Buffer.from("salt"), 4_096);
    while (!work.step(4_096));
    const key = hmac(algorithm, work.result, Buffer.from("Server Key"));
    const signed = Buffer.from(`${bare},${serverFirst},${withoutProof}`);
    const clientKey = hmac(algorithm, work.result, Buffer.from("Client Key"));
    const proof = hmac(algorithm, digest(algorithm, clientKey), signed).map((byte, at) => byte ^ (clientKey[at] ?? 0));
    expect(final).toBe(`${withoutProof},p=${Buffer.from(proof).toString("base64")}`);
    const signature = `v=${Buffer.from(hmac(algorithm, key, signed)).toString("base64")}${forgery}`;
    return this.say(`<success xmlns='${SASL}'>${Buffer.from(signature).toString("base64")}</success>`);
  }

  /** From the opening to a bound resource, with stream management where it is among the features. */
  bind(...features: readonly string[]): this {
    this.start();
    return this.bindAgain(...features);
  }

  /** The same after the connection has ended. */
  bindAgain(...features: readonly string[]): this {
    this.connect()
      .offer(mechanisms("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"))
      .authenticate()
      .offer(bindFeature, ...features);
    const bind = this.hear();
    if (bind.name === "resume")
      this.say(`<failed xmlns='${SM}'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`);
    const id = (bind.name === "resume" ? this.hear() : bind).attribute("id");
    this.say(
      `<iq type='result' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>pager@example.org/r1</jid></bind></iq>`,
    );
    if (features.includes(smFeature)) {
      expect(this.hear().name).toBe("enable");
      this.say(`<enabled xmlns='${SM}' id='sm1' resume='true'/>`);
    }
    return this;
  }

  /** The connection ends. */
  cut(): this {
    this.session.handleClosed("cut", this.nowMs);
    this.heard.length = 0;
    this.drain();
    return this;
  }

  private listen(text: string): void {
    this.sent += text;
    // A new stream begins anew, also on the same connection.
    if (text.includes("<?xml")) this.reader = new XmlReader(2 * STANZA_BYTES_MAX);
    this.reader.push(this.text.encode(text.slice(Math.max(0, text.indexOf("<?xml")))));
    for (let read = this.reader.next(); read; read = this.reader.next())
      if (read.type === "stanza") this.heard.push(read.element);
  }
}

export { SHA1 };
