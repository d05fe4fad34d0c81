/**
 * From the features of the stream to a bound resource: TLS, login, registration, binding, stream management. It reads what the server
 * says and writes what to say. It takes the strongest way that both sides know, and no other one when that fails.
 *
 * ```
 * features → starttls → SCRAM-SHA-256, SCRAM-SHA-1, PLAIN over TLS → features → resume, or bind → enable
 *                     → jabber:iq:auth with digest, or with the password over TLS
 *                     ↳ refused: jabber:iq:register, once, where it is allowed → login again
 * ```
 */
import { decodeBase64, encodeBase64 } from "../base64.ts";
import { SCRAM_SLICE_ROUNDS } from "../limits.ts";
import type { Random } from "../seams.ts";
import { encodeUtf8, readableUtf8 } from "../utf8.ts";
import type { Element } from "./element.ts";
import { digest, SHA1, SHA256 } from "./hash.ts";
import { domainOf, localOf } from "./jid.ts";
import { CLIENT, STANZA_ERRORS, STREAMS } from "./namespaces.ts";
import { type SaltedPassword, Scram } from "./scram.ts";
import type { SessionOptions } from "./session-types.ts";
import { describeError, textElement } from "./stanzas.ts";
import { LoginError, StreamError } from "./stream-error.ts";
import { xml } from "./xml-writer.ts";

const TLS = "urn:ietf:params:xml:ns:xmpp-tls";
const SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
const BIND = "urn:ietf:params:xml:ns:xmpp-bind";
/** RFC 3921, 3. Servers of today call it optional. */
const SESSION = "urn:ietf:params:xml:ns:xmpp-session";
const AUTH_FEATURE = "http://jabber.org/features/iq-auth";
const AUTH = "jabber:iq:auth";
const REGISTER = "jabber:iq:register";
/** XEP-0198. */
export const MANAGEMENT = "urn:xmpp:sm:3";

/** What is awaited. */
const FEATURES = 0;
const PROCEED = 1;
const CHALLENGE = 2;
const COMPUTING = 3;
const SUCCESS = 4;
const FIELDS = 5;
const LEGACY_RESULT = 6;
const REGISTERED = 7;
const RESUMED = 8;
const BOUND = 9;
const SESSION_RESULT = 10;
const ENABLED = 11;

/** What the login comes to. */
export type Outcome =
  /** TLS begins now. */
  | { readonly type: "secure" }
  /** A new stream begins now, on the same connection. */
  | { readonly type: "restart" }
  | { readonly type: "registered" }
  /** @param resumeId names the stream for `resume`; empty: it cannot be resumed @param isCounting stream management is on */
  | { readonly type: "bound"; readonly jid: string; readonly resumeId: string; readonly isCounting: boolean }
  /** @param handled how many of our stanzas the server has */
  | { readonly type: "resumed"; readonly handled: number };

/** A stream that the server may have kept. */
export interface Resumption {
  readonly id: string;
  /** How many of its stanzas are taken. */
  readonly handled: number;
}

export class Login {
  private readonly options: SessionOptions;
  private readonly random: Random;
  private readonly write: (text: string) => void;
  private phase = FEATURES;
  private isSecure = false;
  private isAuthenticated = false;
  private hasRegistered = false;
  private streamId = "";
  private features: Element | undefined;
  private scram: Scram | undefined;
  private salted: SaltedPassword | undefined;
  private jid = "";
  private resumption: Resumption | undefined;
  /** How we have logged in, in words. */
  mechanism = "";

  constructor(options: SessionOptions, random: Random, write: (text: string) => void) {
    this.options = options;
    this.random = random;
    this.write = write;
  }

  /** A connection begins. */
  begin(resumption: Resumption | undefined): void {
    this.isSecure = this.options.tls === "direct";
    this.isAuthenticated = false;
    this.hasRegistered = false;
    this.scram = undefined;
    this.resumption = resumption;
  }

  /** TLS stands. */
  handleSecured(): void {
    this.isSecure = true;
  }

  /** Nobody on the way reads along. */
  get isEncrypted(): boolean {
    return this.isSecure;
  }

  /** The header of the server's stream has come. Throws a `StreamError` or a `LoginError`. */
  handleHeader(header: Element): void {
    const from = header.attribute("from");
    if (from !== "" && domainOf(from) !== domainOf(this.options.jid))
      throw new StreamError("invalid-from", `a stream of ${from}, expected ${domainOf(this.options.jid)}`);
    this.streamId = header.attribute("id");
    this.features = undefined;
    this.phase = FEATURES;
    // A stream of before version 1.0 has no features (RFC 6120, 4.7.5).
    if (header.attribute("version") !== "") return;
    if (this.options.tls === "starttls") throw new LoginError("the server offers no TLS");
    this.askFields();
  }

  /** An element of the server. Returns what comes of it, or undefined. Throws a `StreamError` or a `LoginError`. */
  handle(element: Element): Outcome | undefined {
    switch (this.phase) {
      case FEATURES:
        if (!element.is("features", STREAMS)) break;
        this.handleFeatures(element);
        return undefined;
      case PROCEED:
        if (element.is("proceed", TLS)) return { type: "secure" };
        if (element.is("failure", TLS)) throw new LoginError("the server cannot begin TLS");
        break;
      case CHALLENGE:
      case SUCCESS:
        return this.handleSasl(element);
      case RESUMED:
        if (element.is("resumed", MANAGEMENT) && element.attribute("previd") === this.resumption?.id)
          return { type: "resumed", handled: countOf(element) };
        if (!element.is("failed", MANAGEMENT)) break;
        this.bind();
        return undefined;
      case ENABLED:
        if (element.is("enabled", MANAGEMENT)) {
          const canResume = element.attribute("resume") === "true" || element.attribute("resume") === "1";
          return this.bound(canResume ? element.attribute("id") : "", true);
        }
        if (element.is("failed", MANAGEMENT)) return this.bound("", false);
        break;
    }
    const type = element.attribute("type");
    if (element.is("iq", CLIENT) && (type === "result" || type === "error")) return this.handleIq(element, type);
    // What a server sends beside the login is for a session that stands.
    throw new StreamError("undefined-condition", `<${element.name}> during the login`);
  }

  /** Rounds of SCRAM are to be done: `step` is wanted again and again. */
  get isComputing(): boolean {
    return this.phase === COMPUTING;
  }

  /** Does the next rounds of SCRAM. After the last of them the answer to the challenge is written. */
  step(): void {
    const scram = this.scram;
    if (!scram?.step(SCRAM_SLICE_ROUNDS)) return;
    this.salted = scram.salted;
    this.phase = SUCCESS;
    this.write(xml("response", { xmlns: SASL }, encodeBase64(encodeUtf8(scram.final))));
  }

  private handleFeatures(features: Element): void {
    const { tls } = this.options;
    const offersTls = features.child("starttls", TLS) !== undefined;
    if (this.isAuthenticated) {
      this.features = features;
      const canManage = features.child("sm", MANAGEMENT) !== undefined;
      if (!this.resumption || !canManage) this.bind();
      else {
        this.phase = RESUMED;
        const { id, handled } = this.resumption;
        this.write(xml("resume", { xmlns: MANAGEMENT, h: String(handled), previd: id }));
      }
    } else if (tls === "starttls" && !this.isSecure) {
      // Whoever stands between could have removed the offer.
      if (!offersTls) throw new LoginError("the server offers no TLS");
      this.phase = PROCEED;
      this.write(xml("starttls", { xmlns: TLS }));
    } else {
      this.features = features;
      this.logIn();
    }
  }

  /** The strongest way that both sides know. */
  private logIn(): void {
    const { password, jid } = this.options;
    const features = this.features;
    const offered = features?.child("mechanisms", SASL)?.children.map(({ text }) => text) ?? [];
    const user = localOf(jid);
    for (const algorithm of [SHA256, SHA1]) {
      const mechanism = `SCRAM-${algorithm.name}`;
      if (!offered.includes(mechanism)) continue;
      this.scram = new Scram(algorithm, user, password, this.nonce(), this.salted);
      this.authenticate(mechanism, this.scram.first, CHALLENGE);
      return;
    }
    if (offered.includes("PLAIN") && this.isSecure) this.authenticate("PLAIN", `\0${user}\0${password}`, SUCCESS);
    else if (!features || features.child("auth", AUTH_FEATURE)) this.askFields();
    else if (features.child("starttls", TLS) && !this.isSecure) throw new LoginError("the server wants TLS");
    else throw new LoginError(`no login that both sides know, offered: ${offered.join(" ") || "none"}`);
  }

  private authenticate(mechanism: string, first: string, phase: number): void {
    this.mechanism = mechanism;
    this.phase = phase;
    this.write(xml("auth", { xmlns: SASL, mechanism }, encodeBase64(encodeUtf8(first))));
  }

  private handleSasl(element: Element): Outcome | undefined {
    const scram = this.scram;
    const isChallenge = element.is("challenge", SASL);
    if (element.is("failure", SASL)) {
      const [condition] = element.children;
      this.handleRefused(condition?.name ?? "failure");
      return undefined;
    }
    if (isChallenge && this.phase === CHALLENGE) {
      scram?.handleFirst(textOf(element));
      this.phase = COMPUTING;
      return undefined;
    }
    if (isChallenge && scram) {
      // The proof comes alone. The success after it has no data.
      scram.verify(textOf(element));
      this.scram = undefined;
      this.write(xml("response", { xmlns: SASL }));
      return undefined;
    }
    if (!element.is("success", SASL) || this.phase !== SUCCESS)
      throw new StreamError("undefined-condition", `<${element.name}> during the login`);
    scram?.verify(textOf(element));
    this.scram = undefined;
    this.isAuthenticated = true;
    return { type: "restart" };
  }

  private askFields(): void {
    this.mechanism = AUTH;
    this.phase = FIELDS;
    this.ask("get", AUTH, textElement("username", localOf(this.options.jid)));
  }

  /** The answer to an iq of the login. One that nobody asked for is passed over. */
  private handleIq(iq: Element, type: string): Outcome | undefined {
    if (iq.attribute("id") !== idOf(this.phase)) return undefined;
    const isRefused = type === "error";
    switch (this.phase) {
      case FIELDS:
        if (isRefused) this.handleLegacyRefused(iq);
        else this.sendDigest(iq);
        break;
      case LEGACY_RESULT:
        if (!isRefused) return this.bound("", false, `${this.options.jid}/${this.options.resource}`);
        this.handleLegacyRefused(iq);
        break;
      case REGISTERED:
        if (isRefused) throw new LoginError(`the server does not register this account: ${describeError(iq)}`);
        this.logIn();
        return { type: "registered" };
      case BOUND:
        if (isRefused) throw new LoginError(`the server does not bind a resource: ${describeError(iq)}`);
        this.jid = iq.child("bind", BIND)?.childText("jid") || `${this.options.jid}/${this.options.resource}`;
        return this.beginSession();
      case SESSION_RESULT:
        return this.manage();
    }
    return undefined;
  }

  private sendDigest(iq: Element): void {
    const { jid, password, resource } = this.options;
    const fields = iq.child("query", AUTH);
    const hex = Array.from(digest(SHA1, encodeUtf8(this.streamId + password)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    const proof = fields?.child("digest")
      ? textElement("digest", hex)
      : fields?.child("password") && this.isSecure
        ? textElement("password", password)
        : undefined;
    if (proof === undefined) throw new LoginError("no login that both sides know: the password only leaves over TLS");
    this.phase = LEGACY_RESULT;
    this.ask("set", AUTH, textElement("username", localOf(jid)) + proof + textElement("resource", resource));
  }

  private handleLegacyRefused(iq: Element): void {
    const isUnknown =
      iq.child("error")?.attribute("code") === "401" ||
      iq.child("error")?.child("not-authorized", STANZA_ERRORS) !== undefined;
    this.handleRefused(isUnknown ? NOT_AUTHORIZED : describeError(iq));
  }

  /** An account that the server does not know is registered, once. */
  private handleRefused(condition: string): void {
    if (condition !== NOT_AUTHORIZED || !this.options.mayRegister || this.hasRegistered)
      throw new LoginError(`the server refuses the login: ${condition}`, condition !== "temporary-auth-failure");
    this.hasRegistered = true;
    this.phase = REGISTERED;
    const { jid, password } = this.options;
    this.ask("set", REGISTER, textElement("username", localOf(jid)) + textElement("password", password));
  }

  private bind(): void {
    this.resumption = undefined;
    this.phase = BOUND;
    const content = xml("bind", { xmlns: BIND }, textElement("resource", this.options.resource));
    this.write(xml("iq", { id: idOf(BOUND), type: "set" }, content));
  }

  private beginSession(): Outcome | undefined {
    const session = this.features?.child("session", SESSION);
    if (!session || session.child("optional")) return this.manage();
    this.phase = SESSION_RESULT;
    this.write(xml("iq", { id: idOf(SESSION_RESULT), type: "set" }, xml("session", { xmlns: SESSION })));
    return undefined;
  }

  private manage(): Outcome | undefined {
    if (!this.features?.child("sm", MANAGEMENT)) return this.bound("", false);
    this.phase = ENABLED;
    this.write(xml("enable", { xmlns: MANAGEMENT, resume: "true" }));
    return undefined;
  }

  private bound(resumeId: string, isCounting: boolean, jid = this.jid): Outcome {
    return { type: "bound", jid, resumeId, isCounting };
  }

  private ask(type: "get" | "set", namespace: string, content: string): void {
    this.write(xml("iq", { id: idOf(this.phase), type }, xml("query", { xmlns: namespace }, content)));
  }

  private nonce(): string {
    let nonce = "";
    while (nonce.length < NONCE_CHARACTERS) nonce += Math.floor(this.random() * 36).toString(36);
    return nonce;
  }
}

const NOT_AUTHORIZED = "not-authorized";
/** 36 characters each: as many as 124 bits need. */
const NONCE_CHARACTERS = 24;

/** Every iq of the login has its own identifier. */
function idOf(phase: number): string {
  return `login-${phase}`;
}

/** A count of stanzas. NaN: there is none. */
export function countOf(element: Element): number {
  const text = element.attribute("h");
  return text === "" ? Number.NaN : Number(text);
}

/** The text that an element of SASL holds in base64. */
function textOf(element: Element): string {
  try {
    const bytes = decodeBase64(element.text, 0, element.text.length, "SASL");
    return readableUtf8(bytes, 0, bytes.length);
  } catch {
    throw new LoginError("SASL: data that are no base64");
  }
}
