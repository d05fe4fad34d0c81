/** Mails over SMTP to a running station, until they stand on a pager's screen. */
import { createTransport } from "nodemailer";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { LoginGuard } from "../../../../hosts/station/identity/login-guard.ts";
import type { UploadedPictures } from "../../../../hosts/station/pictures/uploaded-pictures.ts";
import type { PushIntake } from "../../../../hosts/station/push/push-intake.ts";
import { PushRefused } from "../../../../hosts/station/push/push-refused.ts";
import { MailServer } from "../../../../hosts/station/senders/mail-server.ts";
import {
  MAIL_BYTES_MAX,
  MAIL_CONNECTIONS_PER_ADDRESS_MAX,
  MAIL_RECIPIENTS_MAX,
} from "../../../../hosts/station/shared/limits.ts";
import type { PushWithDeliveries } from "../../../../hosts/station/shared/push.ts";
import type { Station } from "../../../../hosts/station/station.ts";
import { StoreFailed } from "../../../../hosts/station/store/store-health.ts";
import { findProgram } from "../../../brokers/server-process.ts";
import { type Certificates, makeCertificates, textOf } from "../../../certificates.ts";
import { requireOrSkip } from "../../../require.ts";
import { ask, StationBench, until } from "../harness.ts";
import { redDot } from "../test-pictures.ts";
import { SmtpClient } from "./smtp-client.ts";

const bench = new StationBench();
const openssl = findProgram("openssl");
let station: Station;
let pager: ReturnType<StationBench["pager"]>;
let password: string;
let token: string;

beforeAll(async () => {
  station = await bench.station({ mail: { host: "127.0.0.1", port: 0, isPlainAllowed: false } });
  password = (await station.accounts.create({ name: "anna", kind: "person" })).password;
  await station.directory.addPerson({ name: "anna" });
  for (const uid of ["anna-1", "anna-2"]) {
    await station.directory.addDevice({ uid, owner: "anna" });
    await station.accounts.create({ name: uid, kind: "device" });
  }
  await station.directory.addGroup({ uid: "crew", members: ["anna-2"] });
  token = await station.accounts.issueToken("anna", "ups");
  pager = bench.pager(station.mqttPort, "anna-1");
});
afterAll(() => bench.end());

const portOf = ({ mailPort = 0 }: Station) => mailPort;

/** As a program with nodemailer sends it. */
function send(mail: object, login = { user: "anna", pass: password }) {
  const transport = createTransport({ host: "127.0.0.1", port: portOf(station), ignoreTLS: true, auth: login });
  return transport.sendMail({ from: "ups@example.org", to: "anna-1@pager.example.org", text: "x", ...mail });
}

async function client(port = portOf(station)): Promise<SmtpClient> {
  const client = new SmtpClient(port);
  bench.add(() => client.end());
  return client;
}

async function pushes(words: string): Promise<readonly PushWithDeliveries[]> {
  const { pushes } = (await (await ask(station.url, "/api/pushes?limit=200")).json()) as {
    pushes: PushWithDeliveries[];
  };
  return pushes.filter(({ title, text }) => `${title} ${text}`.includes(words));
}

describe("a mail", () => {
  it("is on the screen, as a push of the account that has logged in", async () => {
    await send({ subject: "UPS", text: "Running on battery", priority: "high" });
    await until("the words", () => pager.screens.some((screen) => screen.join(" ").includes("Running on battery")));
    expect(await pushes("Running on battery")).toMatchObject([
      { to: "anna-1", title: "UPS", text: "Running on battery", priority: 5, sender: "anna" },
    ]);
  });

  it("to several recipients is a push for each; a token is as good as the password, in either place", async () => {
    const to = ["anna-1@a", "crew@b.example.org", "anna-1@c", "anna@d"].join();
    await send({ to, text: "to all of them" }, { user: "ups", pass: token });
    expect((await pushes("to all of them")).map(({ to }) => to).sort()).toEqual(["anna", "anna-1", "crew"]);
    await send({ text: "token as name" }, { user: token, pass: "x" });
    expect(await pushes("token as name")).toHaveLength(1);
  });

  it("brings its picture, and goes without one that is none", async () => {
    const photo = { filename: "door.png", content: Buffer.from(await redDot()) };
    await send({ text: "with a photo", attachments: [photo] });
    const [push] = await pushes("with a photo");
    expect(push?.picture?.startsWith(`${station.url}/pictures/`)).toBe(true);
    expect((await fetch(push?.picture ?? "")).headers.get("content-type")).toBe("image/jpeg");
    await send({ text: "with no photo", attachments: [{ filename: "door.png", content: "no picture" }] });
    expect((await pushes("with no photo")).map(({ picture }) => picture)).toEqual([undefined]);
  });

  it("that is long is cut, and one of two megabytes is taken", async () => {
    await send({ subject: "s".repeat(400), text: `beginning ${"long ".repeat(400_000)}` });
    const [push] = await pushes("beginning");
    expect([push?.title?.length, push?.text.endsWith("…")]).toEqual([200, true]);
  });

  it("that is sent again after a lost answer pages nobody twice; the next one of the same words does", async () => {
    const mail = { text: "once", messageId: "<1@ups>", date: new Date(1_800_000_000_000) };
    await send({ ...mail, to: "anna-1@x" });
    const photo = { filename: "door.png", content: Buffer.from(await redDot()) };
    const again = { ...mail, text: "again", attachments: [photo] };
    const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail({
      ...again,
      from: "ups@example.org",
      to: "anna-1@x",
    });
    const raw = { raw: message, envelope: { from: "ups@example.org", to: ["anna-1@x", "crew@x"] } };
    await send({ raw: message, envelope: { from: "ups@example.org", to: ["anna-1@x"] } });
    await send(raw);
    expect((await pushes("again")).map(({ to }) => to).sort()).toEqual(["anna-1", "crew"]);
    await send({ ...mail, messageId: "<2@ups>" });
    expect(await pushes("once")).toHaveLength(2);
  });
});

describe("a mail is refused", () => {
  it("to somebody whom nobody knows, with code 550, and the others get it", async () => {
    const info = await send({ to: "nobody@x, anna-1@x", text: "for those who are there" });
    expect(info.rejected).toEqual(["nobody@x"]);
    expect(info.rejectedErrors?.[0]?.response).toBe('550 to: the directory knows no "nobody"');
    expect(await pushes("for those who are there")).toHaveLength(1);
    await expect(send({ to: "everyone@x" })).rejects.toMatchObject({
      response: expect.stringMatching(/^550 .*administrator/),
    });
    await expect(send({ to: "a+b@x" })).rejects.toMatchObject({ response: expect.stringMatching(/^550 to: expected/) });
  });

  it("with a wrong password, as a device, or without a login", async () => {
    await expect(send({}, { user: "anna", pass: "wrong" })).rejects.toMatchObject({
      response: "535 the name, the password or the token is wrong",
    });
    const { password: own } = await station.accounts.create({ name: "shelf", kind: "device" });
    await expect(send({}, { user: "shelf", pass: own })).rejects.toMatchObject({
      response: "535 a device has no business here",
    });
    const smtp = await client();
    await smtp.ask();
    expect(await smtp.ask("EHLO test")).toMatch(/250-AUTH LOGIN PLAIN\r\n/);
    expect(await smtp.ask("MAIL FROM:<a@x>")).toMatch(/^530 log in first/);
  });

  it("when its token has ended in the middle of the connection", async () => {
    const own = await station.accounts.issueToken("anna", "short");
    const smtp = await client();
    expect(await smtp.logIn("", own)).toMatch(/^235/);
    expect(await smtp.ask("MAIL FROM:<a@x>")).toMatch(/^250/);
    const { id } = station.accounts.listTokens().find(({ label }) => label === "short") ?? {};
    await station.accounts.revokeToken(id ?? "");
    expect(await smtp.ask("RCPT TO:<anna-1@x>")).toBe("530 log in first");
  });

  it("with code 552 when it is too large, also when it has not said so", async () => {
    const smtp = await client();
    await smtp.logIn("anna", password);
    expect(await smtp.ask(`MAIL FROM:<a@x> SIZE=${MAIL_BYTES_MAX + 1}`)).toMatch(/^552/);
    await smtp.ask("MAIL FROM:<a@x>");
    await smtp.ask("RCPT TO:<anna-1@x>");
    expect(await smtp.ask("DATA")).toMatch(/^354/);
    smtp.write(`Subject: too large\r\n\r\n${`${"x".repeat(1_022)}\r\n`.repeat(MAIL_BYTES_MAX / 1_024)}`);
    expect(await smtp.ask(".")).toBe(`552 a mail may have ${MAIL_BYTES_MAX} bytes at most`);
    expect(await pushes("too large")).toEqual([]);
    expect(await smtp.ask("MAIL FROM:<a@x>")).toMatch(/^250/);
  });

  it("with code 452 beyond so many recipients, and 421 beyond so many connections", async () => {
    const smtp = await client();
    await smtp.logIn("anna", password);
    await smtp.ask("MAIL FROM:<a@x>");
    for (let count = 0; count < MAIL_RECIPIENTS_MAX; count += 1)
      expect(await smtp.ask(`RCPT TO:<anna-1@x${count}.example>`)).toMatch(/^250/);
    expect(await smtp.ask("RCPT TO:<anna-1@y.example>")).toMatch(/^452/);
    const others = await Promise.all(Array.from({ length: MAIL_CONNECTIONS_PER_ADDRESS_MAX }, () => client()));
    const greetings = await Promise.all(others.map((other) => other.ask()));
    expect(greetings.filter((greeting) => greeting.startsWith("220")).length).toBeLessThan(others.length);
    expect(greetings.find((greeting) => !greeting.startsWith("220"))).toMatch(/^421/);
    for (const other of [smtp, ...others]) other.end();
    await until("room", async () => {
      const next = await client();
      const greeting = await next.ask();
      next.end();
      return greeting.startsWith("220");
    });
  });

  it("half of one pages nobody", async () => {
    const smtp = await client();
    await smtp.logIn("anna", password);
    await smtp.ask("MAIL FROM:<a@x>");
    await smtp.ask("RCPT TO:<anna-1@x>");
    await smtp.ask("DATA");
    smtp.write("Subject: half\r\n\r\nhalf of a mail\r\n");
    smtp.end();
    await send({ text: "a whole one" });
    expect(await pushes("half")).toEqual([]);
  });
});

describe("a mail server alone", () => {
  /** It believes that its clients are on another machine. */
  async function elsewhere(isPlainAllowed: boolean, intake: Partial<PushIntake> = {}, certificate?: Certificates) {
    const parts = {
      accounts: station.accounts,
      guard: new LoginGuard(station.accounts),
      intake: { count: () => {}, requireRecipient: () => {}, hasTaken: async () => false, ...intake } as PushIntake,
      pictures: {} as UploadedPictures,
      certificate: certificate && textOf(certificate.server),
    };
    const address = { host: "127.0.0.1", port: 0, isPlainAllowed };
    const server = await MailServer.create(address, parts, () => ({ address: "203.0.113.7", isHere: false }));
    bench.add(() => server.close());
    return server.listen(address, "");
  }

  it("asks no other machine for a password in the clear, unless it was told to", async () => {
    const smtp = await client(await elsewhere(false));
    await smtp.ask();
    expect(await smtp.ask("EHLO test")).not.toContain("AUTH");
    expect(await smtp.ask("AUTH PLAIN AGFubmEAeA==")).toMatch(/^50/);
    expect(await smtp.ask("MAIL FROM:<a@x>")).toBe("530 from this machine it cannot be without TLS");
    const plain = await client(await elsewhere(true));
    expect(await plain.logIn("anna", password)).toMatch(/^235/);
  });

  it("answers 250 only after the push is on the disk; what time lifts has a code that is tried again", async () => {
    const refusals = [
      new PushRefused(429, "as many pushes as may wait"),
      new StoreFailed("the disk is full"),
      new Error("a mistake"),
    ];
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const taken: string[] = [];
    const port = await elsewhere(true, {
      count: ({ name }) => {
        if (taken.length === 0) taken.push(name);
        else if (taken.length === 1 && taken.push("second")) throw new PushRefused(429, "wait 5 s", 5);
      },
      take: async () => {
        const refusal = refusals.shift();
        if (refusal) throw refusal;
        taken.push("push");
        return { id: "1", isReplayed: false };
      },
    });
    const smtp = await client(port);
    await smtp.logIn("anna", password);
    const data = async () => {
      await smtp.ask("MAIL FROM:<a@x>");
      const recipient = await smtp.ask("RCPT TO:<anna-1@x>");
      if (!recipient.startsWith("250")) return recipient;
      await smtp.ask("DATA");
      return smtp.ask("\r\nx\r\n.");
    };
    expect(await data()).toBe('450 "anna-1": as many pushes as may wait');
    expect(await data()).toBe("450 wait 5 s");
    await smtp.ask("RSET");
    expect(await data()).toBe('451 "anna-1": the disk is full');
    expect(await data()).toBe('451 "anna-1": the station could not do it; its log says why');
    expect(taken).not.toContain("push");
    expect(log.mock.calls.map(String)).toEqual([expect.stringMatching(/^mail: Error: a mistake/)]);
    log.mockRestore();
    expect(await data()).toMatch(/^250/);
    expect(taken).toContain("push");
  });

  describe.runIf(requireOrSkip("openssl", openssl !== undefined))("with a certificate", () => {
    let certificates: Certificates;
    beforeAll(() => {
      certificates = makeCertificates(openssl as string);
    });
    afterAll(() => certificates.remove());

    it("lets other machines log in after STARTTLS", async () => {
      const texts: string[] = [];
      const port = await elsewhere(
        false,
        { take: async (_sender, { text }) => ({ id: String(texts.push(text)), isReplayed: false }) },
        certificates,
      );
      const smtp = await client(port);
      await smtp.ask();
      expect(await smtp.ask("EHLO test")).toMatch(/STARTTLS/);
      expect(await smtp.ask("MAIL FROM:<a@x>")).toBe("530 begin with STARTTLS, then log in");
      const transport = createTransport({
        host: "127.0.0.1",
        port,
        requireTLS: true,
        tls: { rejectUnauthorized: false },
        auth: { user: "anna", pass: password },
      });
      await transport.sendMail({ from: "a@x", to: "anna-1@x", text: "by TLS" });
      expect(texts).toEqual(["by TLS"]);
    });
  });
});
