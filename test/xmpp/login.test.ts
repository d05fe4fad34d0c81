import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { BACKOFF_BASE_MS, BACKOFF_MAX_MS, SCRAM_SLICE_ROUNDS, XMPP_ANSWER_TIMEOUT_MS } from "../../src/limits.ts";
import {
  authFeature,
  bindFeature,
  mechanisms,
  OPTIONS,
  proceed,
  SASL,
  ScriptedServer,
  SHA1,
  SM,
  STREAMS,
  smFeature,
  starttls,
} from "./scripted-server.ts";

const opened = (options = {}) => new ScriptedServer(options).start().connect();
const failure = (condition: string) => `<failure xmlns='${SASL}'><${condition}/></failure>`;
const reasonOf = (server: ScriptedServer) => server.takeEvent("disconnected").reason;

describe("the opening", () => {
  it("names the domain, the version and the namespaces (RFC 6120, 4.7)", () => {
    expect(opened().sent).toBe(
      `<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='${STREAMS}'>`,
    );
  });

  it("refuses the stream of another domain", () => {
    const server = opened().say(
      `<stream:stream xmlns='jabber:client' xmlns:stream='${STREAMS}' from='evil.example' version='1.0'>`,
    );
    expect(reasonOf(server)).toMatch(/stream of evil.example/);
    expect(server.sent).toMatch(/<invalid-from .*<\/stream:error><\/stream:stream>$/);
  });

  it("gives a server up that does not answer", () => {
    const server = opened().wait(XMPP_ANSWER_TIMEOUT_MS - 1);
    expect(server.told).toEqual([]);
    expect(reasonOf(server.wait(1))).toBe("no answer of the server to the login after 10 s");
  });
});

describe("the login takes the strongest way that both sides know", () => {
  it.each([
    [["SCRAM-SHA-1", "PLAIN", "SCRAM-SHA-256"], "direct", "SCRAM-SHA-256"],
    [["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"], "direct", "SCRAM-SHA-1"],
    [["PLAIN", "DIGEST-MD5"], "direct", "PLAIN"],
    [["SCRAM-SHA-1"], "none", "SCRAM-SHA-1"],
  ] as const)("of %s over %s", (offered, tls, expected) => {
    const server = opened({ tls }).offer(mechanisms(...offered), authFeature);
    expect(server.hear().attribute("mechanism")).toBe(expected);
  });

  it("PLAIN says name and password, over TLS alone", () => {
    const server = opened({ tls: "direct" }).offer(mechanisms("PLAIN"));
    expect(Buffer.from(server.hear().text, "base64").toString()).toBe("\0pager\0secret");
    const bare = opened().offer(mechanisms("PLAIN", "X-OAUTH2"));
    expect(reasonOf(bare)).toBe("no login that both sides know, offered: PLAIN X-OAUTH2");
    expect(bare.sent).not.toContain(Buffer.from("\0pager\0secret").toString("base64"));
  });

  it("does not try a weaker one when the strongest is refused, and comes back rarely", () => {
    const server = opened({ tls: "direct" }).offer(mechanisms("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"), authFeature);
    server.hear();
    server.say(failure("not-authorized"));
    const { reason, retryMs } = server.takeEvent("disconnected");
    expect(reason).toBe("the server refuses the login: not-authorized");
    expect(retryMs).toBe(0.25 * BACKOFF_MAX_MS);
    expect(server.hearAll()).toEqual(["error"].slice(1));
  });

  it("comes back soon when the server is only busy", () => {
    const server = opened().offer(mechanisms("SCRAM-SHA-1"));
    server.say(failure("temporary-auth-failure"));
    expect(server.takeEvent("disconnected").retryMs).toBe(0.25 * BACKOFF_BASE_MS);
  });

  it.each([["SHA-1"], ["SHA-256"]])("logs in by SCRAM-%s, binds and tells the address", (name) => {
    const server = opened()
      .offer(mechanisms(`SCRAM-${name}`))
      .authenticate(name === "SHA-1" ? SHA1 : undefined);
    server.offer(bindFeature);
    const bind = server.hear();
    expect(bind.child("bind", "urn:ietf:params:xml:ns:xmpp-bind")?.childText("resource")).toBe("fieldpager");
    server.say(
      `<iq type='result' id='${bind.attribute("id")}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>pager@example.org/x</jid></bind></iq>`,
    );
    expect(server.takeEvent("connected")).toMatchObject({
      jid: "pager@example.org/x",
      isResumed: false,
      mechanism: `SCRAM-${name}`,
    });
  });

  it("does not believe a server with a wrong signature", () => {
    const server = opened().offer(mechanisms("SCRAM-SHA-256")).authenticate(undefined, "A");
    expect(reasonOf(server)).toMatch(/does not prove/);
  });

  it("does not believe a success that nothing proves", () => {
    for (const data of ["", "dj1BQUFB"]) {
      const server = opened().offer(mechanisms("SCRAM-SHA-256"));
      server.hear();
      server.say(`<challenge xmlns='${SASL}'>${Buffer.from("r=x").toString("base64")}</challenge>`);
      expect(reasonOf(server)).toMatch(/nonce/);
      const early = opened().offer(mechanisms("SCRAM-SHA-256"));
      early.say(`<success xmlns='${SASL}'>${data}</success>`);
      expect(reasonOf(early)).toMatch(/<success> during the login/);
    }
  });

  it("does the rounds in slices, so that other things have their turn", () => {
    const server = opened().offer(mechanisms("SCRAM-SHA-1"));
    const first = Buffer.from(server.hear().text, "base64").toString();
    const nonce = first.slice(first.indexOf("r=") + 2);
    server.session.handleBytes(
      Buffer.from(
        `<challenge xmlns='${SASL}'>${Buffer.from(`r=${nonce}x,s=AAAA,i=4096`).toString("base64")}</challenge>`,
      ),
      server.nowMs,
    );
    server.drain();
    let slices = 0;
    for (; (server.session.pollTimeout() ?? 0) <= server.nowMs + 1; slices += 1) {
      server.nowMs += 1;
      server.session.handleTimeout(server.nowMs);
      server.drain();
    }
    expect(slices).toBe(4_096 / SCRAM_SLICE_ROUNDS);
    expect(server.hear().name).toBe("response");
  });
});

describe("TLS", () => {
  it("begins within the stream, before anything else is said", () => {
    const server = opened({ tls: "starttls" }).offer(starttls, mechanisms("PLAIN"));
    expect(server.hearAll()).toEqual(["starttls"]);
    server.say(proceed).secure().offer(mechanisms("PLAIN"));
    expect(server.hear().attribute("mechanism")).toBe("PLAIN");
  });

  it("that is not offered is no reason to go on without it", () => {
    for (const features of [mechanisms("PLAIN", "SCRAM-SHA-1"), ""])
      expect(reasonOf(opened({ tls: "starttls" }).offer(features))).toBe("the server offers no TLS");
    const old = opened({ tls: "starttls" }).say(
      `<stream:stream xmlns='jabber:client' xmlns:stream='${STREAMS}' id='1'>`,
    );
    expect(reasonOf(old)).toBe("the server offers no TLS");
    expect(old.sent).not.toContain("iq");
  });

  it("is not begun where bytes follow the server's word: somebody else has added them", () => {
    const server = opened({ tls: "starttls" }).offer(starttls);
    server.say(`${proceed}<stream:features/>`);
    expect(reasonOf(server)).toMatch(/bytes before TLS/);
  });

  it("that the server insists on is named", () => {
    expect(reasonOf(opened().offer(starttls))).toBe("the server wants TLS");
  });
});

describe("jabber:iq:auth, as the paper has it", () => {
  const fields = (id: string, ...names: readonly string[]) =>
    `<iq type='result' id='${id}'><query xmlns='jabber:iq:auth'><username/>${names.map((name) => `<${name}/>`).join("")}<resource/></query></iq>`;
  const legacy = (options = {}) => opened(options).offer(authFeature);

  it("asks for the fields and proves the password by its digest with the stream's id", () => {
    const server = legacy();
    const get = server.hear();
    expect(get.attribute("type")).toBe("get");
    const set = server.say(fields(get.attribute("id"), "password", "digest")).hear();
    const query = set.child("query", "jabber:iq:auth");
    expect(query?.children.map(({ name, text }) => [name, text])).toEqual([
      ["username", "pager"],
      ["digest", createHash("sha1").update("s1secret").digest("hex")],
      ["resource", "fieldpager"],
    ]);
    server.say(`<iq type='result' id='${set.attribute("id")}'/>`);
    expect(server.takeEvent("connected")).toMatchObject({
      jid: "pager@example.org/fieldpager",
      mechanism: "jabber:iq:auth",
    });
  });

  it("gives the password itself over TLS alone", () => {
    const server = legacy({ tls: "direct" });
    const set = server.say(fields(server.hear().attribute("id"), "password")).hear();
    expect(set.child("query", "jabber:iq:auth")?.childText("password")).toBe("secret");
    const bare = legacy();
    bare.say(fields(bare.hear().attribute("id"), "password"));
    expect(reasonOf(bare)).toMatch(/only leaves over TLS/);
    expect(bare.sent).not.toContain("secret");
  });

  it("serves a stream of before version 1.0", () => {
    const server = opened().say(`<stream:stream xmlns='jabber:client' xmlns:stream='${STREAMS}' id='1'>`);
    expect(server.hear().child("query", "jabber:iq:auth")).toBeDefined();
  });

  it("401, registration, login again: once, where it is allowed", () => {
    const server = legacy({ mayRegister: true });
    const refuse = (id: string) => server.say(`<iq type='error' id='${id}'><error code='401'/></iq>`);
    const set = server.say(fields(server.hear().attribute("id"), "digest")).hear();
    refuse(set.attribute("id"));
    const register = server.hear();
    expect(register.child("query", "jabber:iq:register")?.children.map(({ name, text }) => [name, text])).toEqual([
      ["username", "pager"],
      ["password", "secret"],
    ]);
    server.say(`<iq type='result' id='${register.attribute("id")}'/>`);
    server.takeEvent("registered");
    const again = server.say(fields(server.hear().attribute("id"), "digest")).hear();
    refuse(again.attribute("id"));
    expect(reasonOf(server)).toMatch(/refuses the login/);
  });

  it("registers nothing where it is not allowed", () => {
    const server = legacy();
    server.say(`<iq type='error' id='${server.hear().attribute("id")}'><error code='401'/></iq>`);
    expect(reasonOf(server)).toBe("the server refuses the login: not-authorized");
    expect(server.sent).not.toContain("register");
  });

  it("an account of somebody else is not taken", () => {
    const server = legacy({ mayRegister: true });
    server.say(`<iq type='error' id='${server.hear().attribute("id")}'><error code='401'/></iq>`);
    server.say(
      `<iq type='error' id='${server.hear().attribute("id")}'><error code='409' type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
    );
    expect(reasonOf(server)).toBe("the server does not register this account: conflict");
  });
});

describe("registration with SASL", () => {
  it("follows a refusal, and the same login follows it", () => {
    const server = opened({ mayRegister: true }).offer(mechanisms("SCRAM-SHA-256", "PLAIN"));
    server.hear();
    const register = server.say(failure("not-authorized")).hear();
    server.say(`<iq type='result' id='${register.attribute("id")}'/>`).authenticate();
    expect(server.session.isConnecting).toBe(true);
  });

  it("does not follow another failure", () => {
    const server = opened({ mayRegister: true }).offer(mechanisms("SCRAM-SHA-256"));
    expect(reasonOf(server.say(failure("account-disabled")))).toBe("the server refuses the login: account-disabled");
  });
});

describe("binding", () => {
  it("asks for a session where the server needs one (RFC 3921)", () => {
    const session = (inner: string) => `<session xmlns='urn:ietf:params:xml:ns:xmpp-session'>${inner}</session>`;
    const server = new ScriptedServer().bind(session(""));
    expect(server.told.some(({ type }) => type === "connected")).toBe(false);
    const iq = server.hear();
    expect(iq.child("session", "urn:ietf:params:xml:ns:xmpp-session")).toBeDefined();
    server.say(`<iq type='result' id='${iq.attribute("id")}'/>`);
    server.takeEvent("connected");
    new ScriptedServer().bind(session("<optional/>")).takeEvent("connected");
  });

  it("goes on where stream management is refused", () => {
    const server = new ScriptedServer();
    server.start().connect().offer(mechanisms("SCRAM-SHA-256")).authenticate().offer(bindFeature, smFeature);
    const id = server.hear().attribute("id");
    server.say(
      `<iq type='result' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>pager@example.org/x</jid></bind></iq>`,
    );
    server.say(`<failed xmlns='${SM}'/>`);
    server.takeEvent("connected");
  });

  it("what else the server says meanwhile ends it, but an answer that nobody asked for does not", () => {
    const begun = () =>
      new ScriptedServer().start().connect().offer(mechanisms("SCRAM-SHA-256")).authenticate().offer(bindFeature);
    const message = begun().say("<message from='mallory@example.org'><body>x</body></message>");
    expect(reasonOf(message)).toMatch(/<message> during the login/);
    const result = begun();
    const id = result.hear().attribute("id");
    result.say("<iq type='result' id='unasked'/>");
    result.say(
      `<iq type='result' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>pager@example.org/x</jid></bind></iq>`,
    );
    result.takeEvent("connected");
  });
});

it("refuses to be made with an address that is none", () => {
  for (const jid of ["", "@x", "a b@c", `${"a".repeat(600)}@c`])
    expect(() => new ScriptedServer({ jid }), jid).toThrow(/address/);
  expect(OPTIONS.jid).toBe("pager@example.org");
});
