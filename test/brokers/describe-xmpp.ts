/** The same scenarios at each server of XMPP: the pager on Node, and the engine alone as a sender. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Certificates, type Identity, makeCertificates } from "../certificates.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { requireOrSkip } from "../require.ts";
import { CuttingProxy, type Direction } from "./cutting-proxy.ts";
import { ForeignXmppClient } from "./foreign-xmpp-client.ts";
import { findProgram } from "./server-process.ts";
import { TestPager } from "./test-pager.ts";
import { XMPP_CAPABILITIES } from "./xmpp-capabilities.ts";
import { WAITING, XmppClient } from "./xmpp-client.ts";
import type { XmppServer, XmppServerOptions } from "./xmpp-server.ts";

const PUSHES = 200;
const CUTS = 20;

export function describeXmpp(
  name: keyof typeof XMPP_CAPABILITIES,
  isThere: boolean,
  start: (identity: Identity, options?: XmppServerOptions) => Promise<XmppServer>,
): void {
  const openssl = findProgram("openssl");
  const expected = XMPP_CAPABILITIES[name];

  describe.runIf(requireOrSkip(name, isThere) && requireOrSkip("openssl", openssl !== undefined))(name, () => {
    let certificates: Certificates;
    let server: XmppServer;
    let legacy: XmppServer;
    const pagers: TestPager[] = [];
    const clients: XmppClient[] = [];
    const settings = (uid: string, more = {}) => ({
      uid,
      "broker.protocol": "xmpp",
      "broker.userName": `${uid}@localhost`,
      "broker.password": "secret of a pager",
      "broker.register": "yes",
      "broker.insecure": "no",
      ...more,
    });

    const pagerAt = (port: number, uid: string, more = {}, eager = false): TestPager => {
      const pager = new TestPager({ port, settings: settings(uid, more), eager });
      pagers.push(pager);
      return pager;
    };
    const clientAt = async (port: number, name: string, more = {}): Promise<XmppClient> => {
      const client = new XmppClient(port, { jid: `${name}@localhost`, ...more });
      clients.push(client);
      await client.connected();
      // Without it the server keeps what is for the account.
      await client.send({ type: "presence", show: "available", status: "" });
      return client;
    };
    /** ejabberd keeps what comes at the very moment of the first presence until the next one. */
    const online = (sender: XmppClient, uid: string) =>
      vi.waitFor(
        () =>
          expect(
            sender
              .all("presence")
              .filter(({ from }) => from === `${uid}@localhost`)
              .at(-1)?.show,
          ).toBe("available"),
        WAITING,
      );
    const logged = (pager: TestPager, text: RegExp) =>
      vi.waitFor(() => expect(pager.logs.join("\n")).toMatch(text), WAITING);

    beforeAll(async () => {
      certificates = makeCertificates(openssl as string);
      [server, legacy] = await Promise.all([
        start(certificates.server),
        start(certificates.server, { isLegacy: true, has0198: false }),
      ]);
    });

    afterAll(async () => {
      for (const client of clients) client.stop();
      await Promise.all(pagers.map((pager) => pager.stop()));
      await Promise.all([server?.stop(), legacy?.stop()]);
      certificates?.remove();
    });

    it("registers, logs in, gets a push, shows it and tells stored, shown and read, over each transport", async () => {
      const sender = await clientAt(server.port, "sender", {
        contacts: ["pager-tcp@localhost", "pager-starttls@localhost", "pager-tls@localhost"],
      });
      const ca = { "broker.ca": certificates.ca.certificate };
      for (const [transport, port, more] of [
        ["tcp", server.port, {}],
        ["starttls", server.port, ca],
        ["tls", server.tlsPort, ca],
      ] as const) {
        const uid = `pager-${transport}`;
        const pager = pagerAt(port, uid, { "broker.transport": transport, contacts: "sender", ...more });
        await logged(pager, /registered pager-.*\n.*connected to .*, XMPP, SCRAM-SHA-/);
        await online(sender, uid);
        await sender.send({
          type: "message",
          to: `${uid}@localhost`,
          id: transport,
          kind: "normal",
          body: `mark1 by ${transport}`,
          wantsReceipts: true,
        });
        await vi.waitFor(() => expect(pager.marks).toEqual(["mark1"]), WAITING);
        pager.press("b");
        await vi.waitFor(
          () =>
            expect(sender.all("receipt").flatMap(({ id, stage }) => (id === transport ? [stage] : []))).toEqual([
              "stored",
              "shown",
              "read",
            ]),
          WAITING,
        );
        expect(sender.all("receipt").at(-1)?.from).toBe(`${uid}@localhost/${uid}`);
      }
    });

    it("takes the push of androidpn, with title, text and link, and answers it", async () => {
      const sender = await clientAt(server.port, "androidpn");
      const pager = pagerAt(server.port, "paper");
      await logged(pager, /connected/);
      const token = await sender.send({
        type: "notification",
        to: "paper@localhost/paper",
        id: "n1",
        title: "Title",
        message: "mark2",
        uri: "http://x.example/p",
      });
      await vi.waitFor(() => expect(pager.marks).toEqual(["mark2"]), WAITING);
      await vi.waitFor(() => expect(sender.all("result")).toEqual([{ type: "result", token, problem: "" }]), WAITING);
      expect(pager.screen.join("\n")).toContain("Title");
      expect(pager.screen.join("\n")).toContain("http://x.example/p");
    });

    it("gets afterwards what came while it was away, dated by the server", async () => {
      const sender = await clientAt(server.port, "late");
      const pager = pagerAt(server.port, "sleeper");
      await logged(pager, /connected/);
      await pager.stop();
      // For a moment ejabberd loses what is for a session that has just ended. It is over when the server says that nobody is there.
      await vi.waitFor(
        async () => {
          await sender.send({
            type: "notification",
            to: "sleeper@localhost/sleeper",
            id: "",
            title: "",
            message: "",
            uri: "",
          });
          expect(sender.all("result").map(({ problem }) => problem)).toContainEqual(expect.stringMatching(/./));
        },
        { ...WAITING, interval: 200 },
      );
      await sender.send({ type: "message", to: "sleeper@localhost", id: "l1", body: "mark3", wantsReceipts: true });
      await vi.waitFor(() => expect(sender.isDrained).toBe(true), WAITING);
      const again = pagerAt(server.port, "sleeper");
      await vi.waitFor(() => expect(again.marks).toEqual(["mark3"]), WAITING);
      await vi.waitFor(() => expect(sender.all("receipt").map(({ stage }) => stage)).toContain("shown"), WAITING);
    });

    it("shows the message of a client that others wrote, which gets the receipts", async () => {
      const account = await clientAt(server.port, "foreign");
      account.stop();
      const pager = pagerAt(server.port, "native");
      await logged(pager, /connected/);
      const foreign = new ForeignXmppClient(server.port, certificates.ca.certificate, {
        username: "foreign",
        password: "secret of a test",
        to: "native@localhost",
        id: "f1",
        body: "mark4",
      });
      try {
        await vi.waitFor(() => expect(pager.marks).toEqual(["mark4"]), WAITING);
        pager.press("b");
        await vi.waitFor(
          () =>
            expect(foreign.messages.flatMap(({ children }) => children)).toEqual([
              "received f1",
              "displayed f1",
              "acknowledged f1",
            ]),
          WAITING,
        );
        expect(new Set(foreign.messages.map(({ from }) => from))).toEqual(new Set(["native@localhost/native"]));
      } finally {
        await foreign.stop();
      }
    });

    it("shows the presence of its contacts, and tells its own", async () => {
      const friend = await clientAt(server.port, "friend", { contacts: ["social@localhost"] });
      await friend.send({ type: "presence", show: "dnd", status: "lunch" });
      const pager = pagerAt(server.port, "social", { contacts: "friend" });
      await vi.waitFor(
        () => expect(friend.all("presence").at(-1)).toMatchObject({ from: "social@localhost", show: "available" }),
        WAITING,
      );
      pager.press("c");
      await vi.waitFor(() => expect(pager.screen.join("\n")).toMatch(/friend {2}busy/), WAITING);
      await pager.stop();
      await vi.waitFor(() => expect(friend.all("presence").at(-1)?.show).toBe("unavailable"), WAITING);
    });

    it("speaks the paper's exchange: opening, features, 401, registration, login, push, heartbeat", async () => {
      const pushes = new XmppClient(legacy.port, { jid: "pusher@localhost" });
      clients.push(pushes);
      await vi.waitFor(
        () => expect([...pushes.all("connected"), ...pushes.all("disconnected")]).not.toEqual([]),
        WAITING,
      );
      const [refusal] = pushes.all("disconnected");
      expect(refusal?.reason ?? "digest").toMatch(expected.legacyLogin);
      if (refusal) return;
      expect(pushes.wire.join("\n")).toMatch(new RegExp(PAPER, "s"));
      const receiver = await clientAt(legacy.port, "pushed", { keepAliveSeconds: 5 });
      const token = await pushes.send({
        type: "notification",
        to: "pushed@localhost/test",
        id: "n1",
        title: "t",
        message: "m",
        uri: "u",
      });
      await vi.waitFor(() => expect(pushes.all("result")).toEqual([{ type: "result", token, problem: "" }]), WAITING);
      expect(receiver.all("message")[0]?.message).toMatchObject({
        kind: "notification",
        id: "n1",
        subject: "t",
        body: "m",
        link: "u",
      });
      // The heartbeat: a ping, since the server has nothing to say either.
      await vi.waitFor(
        () => expect(receiver.wire.some((line) => /^C: <iq .*urn:xmpp:ping/.test(line))).toBe(true),
        WAITING,
      );
    });

    it("is what the table of capabilities says", async () => {
      const client = await clientAt(server.port, "asker");
      const features = client.wire.filter((line) => line.startsWith("S: ")).join("");
      const mechanisms = [...features.matchAll(/<mechanism>([^<]*)<\/mechanism>/g)].map(([, each]) => each).sort();
      expect({
        mechanisms,
        management: features.includes("urn:xmpp:sm:3")
          ? /<enabled [^>]*resume=['"](true|1)/.test(features)
            ? "resumes"
            : "counts"
          : "none",
        registration: features.includes("http://jabber.org/features/iq-register"),
        chosen: client.all("connected")[0]?.mechanism,
      }).toEqual(expected.found);
    });

    it(`shows ${PUSHES} pushes once, over a connection that is cut ${CUTS} times`, async () => {
      const seed = Number(process.env.FIELDPAGER_SEED ?? 1);
      const random = seededRandom(seed);
      const sender = await clientAt(server.port, "storm", { contacts: ["stormy@localhost"] });
      const proxy = await CuttingProxy.start(server.port, "other");
      try {
        const pager = pagerAt(proxy.port, "stormy", { contacts: "storm" }, true);
        await logged(pager, /connected/);
        await online(sender, "stormy");
        const wanted: string[] = [];
        for (let cut = 0; cut < CUTS; cut += 1) {
          const direction: Direction = random() < 0.5 ? "toBroker" : "toPager";
          let isCut = false;
          void proxy.cutAfter(direction, integerBetween(random, 1, 3_000)).then(() => {
            isCut = true;
          });
          for (let index = 0; index < PUSHES / CUTS; index += 1) {
            const mark = `mark${wanted.length}`;
            await sender.send({ type: "message", to: "stormy@localhost", id: mark, body: mark, wantsReceipts: true });
            wanted.push(mark);
          }
          await vi.waitFor(() => {
            if (!isCut) expect(shownTo(sender)).toBe(wanted.length);
          }, WAITING);
          if (!isCut) proxy.cut();
        }
        await vi.waitFor(() => expect(shownTo(sender)).toBe(PUSHES), WAITING);
        expect([...pager.marks].sort(), `FIELDPAGER_SEED=${seed} replays the cuts`).toEqual(wanted.sort());
        expect(proxy.connections).toBeGreaterThanOrEqual(CUTS);
      } finally {
        await proxy.stop();
      }
    });
  });
}

/** Of how many pushes the sender knows that they were shown. A receipt may come twice. */
function shownTo(sender: XmppClient): number {
  return new Set(sender.all("receipt").flatMap(({ id, stage }) => (stage === "shown" ? [id] : []))).size;
}

/** Stanza by stanza, as the paper has it. */
const PAPER = [
  "C: [^\n]*<stream:stream ",
  "S: .*<stream:features",
  "C: <iq .*?type='get'.*?jabber:iq:auth.*?<username>pusher</username>",
  "S: <iq [^\n]*not-authorized",
  "C: <iq .*?type='set'.*?jabber:iq:register.*?<username>pusher</username>",
  "S: <iq .*?result",
  "C: <iq .*?jabber:iq:auth.*?<digest>[0-9a-f]{40}</digest>",
  "S: <iq .*?result",
].join(".*");
