/**
 * Takes mails over SMTP (RFC 5321, AUTH by RFC 4954, STARTTLS by RFC 3207): a mail to `<device, person or group>@anything` becomes a push of the
 * account that logs in. 250 after DATA means that it is on the station's disk for each of its recipients. A mail that is sent again after
 * a lost answer pages nobody twice, if it has a date and an id.
 */
import type { SMTPServer, SMTPServerDataStream, SMTPServerSession } from "smtp-server";
import { describeError } from "../../common/describe-error.ts";
import type { Accounts } from "../identity/accounts.ts";
import { type Origin, originOf } from "../identity/client-address.ts";
import type { LoginGuard } from "../identity/login-guard.ts";
import { logInSender, type SenderLogin } from "../identity/sender-login.ts";
import type { UploadedPictures } from "../pictures/uploaded-pictures.ts";
import type { PushIntake } from "../push/push-intake.ts";
import {
  MAIL_BYTES_MAX,
  MAIL_CONNECTION_MS_MAX,
  MAIL_CONNECTIONS_MAX,
  MAIL_CONNECTIONS_PER_ADDRESS_MAX,
  MAIL_IDLE_MS,
  MAIL_RECIPIENTS_MAX,
  MAILS_AT_ONCE_MAX,
} from "../shared/limits.ts";
import { fittedPush } from "./fitted-push.ts";
import { type Mail, readMail } from "./mail.ts";
import { quoted } from "./sender-refused.ts";

export interface MailAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Passwords may come without TLS from other machines, too. */
  readonly isPlainAllowed: boolean;
}

export interface MailParts {
  readonly accounts: Accounts;
  readonly guard: LoginGuard;
  readonly intake: PushIntake;
  readonly pictures: UploadedPictures;
  /** For STARTTLS, both PEM. */
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
}

/** Commands of old jokes, which the package knows. */
const JOKES = Object.freeze(["WIZ", "SHELL", "KILL"]);
/** SMTP's code for a status of the HTTP interface, to a recipient or a mail. */
const CODES: Readonly<Record<number, number>> = Object.freeze({ 400: 550, 403: 550, 404: 550, 413: 552, 429: 450 });
const LOCAL_ERROR = 451;

type WhereFrom = (session: Pick<SMTPServerSession, "remoteAddress" | "localAddress">) => Origin;
type Done = (error?: Error | null) => void;

/** A refusal with the code of SMTP. */
class MailRefused extends Error {
  readonly responseCode: number;

  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

export class MailServer {
  /** Mails that were taken, and answers that refused one, a recipient, or a login. */
  readonly counters = { accepted: 0, refused: 0 };
  readonly #parts: MailParts;
  readonly #isPlainAllowed: boolean;
  readonly #whereFrom: WhereFrom;
  readonly #server: SMTPServer;
  /** Addresses of open connections, by session. */
  readonly #connections = new Map<string, string>();
  #mails = 0;
  #url = "";
  #port: number | undefined;

  /** @param whereFrom tells where a client is */
  static async create(address: MailAddress, parts: MailParts, whereFrom: WhereFrom = originOf): Promise<MailServer> {
    // A station without mails does not load it.
    const smtp = await import("smtp-server");
    return new MailServer(smtp, address, parts, whereFrom);
  }

  private constructor(
    smtp: typeof import("smtp-server"),
    { isPlainAllowed }: MailAddress,
    parts: MailParts,
    whereFrom: WhereFrom,
  ) {
    this.#parts = parts;
    this.#whereFrom = whereFrom;
    this.#isPlainAllowed = isPlainAllowed;
    this.#server = new smtp.SMTPServer({
      ...parts.certificate,
      name: "fieldpager",
      heloResponse: "%s",
      logger: false,
      disableReverseLookup: true,
      // Whether a password may come without TLS depends on the connection: see `#connect`.
      allowInsecureAuth: true,
      authRequiredMessage: "log in first, with a name and a password, or a token",
      lenientAddressParsing: true,
      size: MAIL_BYTES_MAX,
      maxClients: MAIL_CONNECTIONS_MAX,
      maxRecipients: MAIL_RECIPIENTS_MAX,
      socketTimeout: MAIL_IDLE_MS,
      closeTimeout: 1,
      onConnect: (session, done) => this.#answer(done, () => this.#connect(session)),
      onSecure: (_socket, session, done) => {
        session.disabledCommands = [...JOKES];
        done();
      },
      onAuth: (auth, session, done) => {
        const login = { name: auth.username ?? "", password: auth.password ?? "" };
        this.#logIn(login, session).then(
          (user) => done(null, { user }),
          (error) => done(this.#refusal(error)),
        );
      },
      onMailFrom: (_address, session, done) => this.#answer(done, () => void this.#senderOf(session)),
      onRcptTo: ({ address }, session, done) => this.#answer(done, () => this.#takeRecipient(address, session)),
      onData: (stream, session, done) => {
        this.#takeMail(stream, session).then(
          () => done(null, "it is on the station's disk"),
          (error) => done(this.#refusal(error)),
        );
      },
      onClose: ({ id }) => this.#connections.delete(id),
    });
    this.#server.server.on("connection", (socket) => {
      const timer = setTimeout(() => socket.destroy(), MAIL_CONNECTION_MS_MAX).unref();
      socket.once("close", () => clearTimeout(timer));
    });
    // What a client does wrong is answered to the client.
    this.#server.on("error", () => {});
  }

  /** Resolves with the port. Rejects if it cannot be listened on. @param url of the station, for addresses of pictures */
  listen({ host, port }: MailAddress, url: string): Promise<number> {
    this.#url = url;
    const { server } = this.#server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        const address = server.address();
        this.#port = typeof address === "object" && address ? address.port : port;
        resolve(this.#port);
      });
    });
  }

  /** Where it listens; undefined until then. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Ends all connections. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer(done: Done, act: () => void): void {
    try {
      act();
      done();
    } catch (error) {
      done(this.#refusal(error));
    }
  }

  #refusal(error: unknown): MailRefused {
    this.counters.refused += 1;
    return refusalOf(error);
  }

  #connect(session: SMTPServerSession): void {
    const { id, remoteAddress } = session;
    const others = [...this.#connections.values()].filter((address) => address === remoteAddress).length;
    if (others >= MAIL_CONNECTIONS_PER_ADDRESS_MAX) throw new MailRefused(421, "too many connections of this address");
    this.#connections.set(id, remoteAddress);
    const hidden = this.#mayLogIn(session) ? [] : ["AUTH"];
    session.disabledCommands = [...JOKES, ...hidden, ...(this.#parts.certificate ? [] : ["STARTTLS"])];
  }

  /** Where a password would cross the network in the clear it is not asked for. */
  #mayLogIn(session: SMTPServerSession): boolean {
    return session.secure || this.#isPlainAllowed || this.#whereFrom(session).isHere;
  }

  async #logIn(login: { name: string; password: string }, session: SMTPServerSession): Promise<SenderLogin> {
    const { accounts, guard } = this.#parts;
    let found: Awaited<ReturnType<typeof logInSender>>;
    try {
      found = await logInSender(accounts, guard, login, this.#whereFrom(session));
    } catch (error) {
      throw new MailRefused(454, describeError(error));
    }
    if (found === "held") throw new MailRefused(454, "too many wrong passwords: wait a minute");
    if (found === "wrong") throw new MailRefused(535, "the name, the password or the token is wrong");
    if (found.account.kind === "device") throw new MailRefused(535, "a device has no business here");
    return found;
  }

  /** The account that has logged in. Its password may be another one meanwhile. */
  #senderOf(session: SMTPServerSession): SenderLogin["account"] {
    if (!this.#mayLogIn(session))
      throw new MailRefused(
        530,
        this.#parts.certificate ? "begin with STARTTLS, then log in" : "from this machine it cannot be without TLS",
      );
    const login = session.user as SenderLogin | undefined;
    if (!login?.isValid()) throw new MailRefused(530, "log in first");
    return login.account;
  }

  #takeRecipient(address: string, session: SMTPServerSession): void {
    const sender = this.#senderOf(session);
    this.#parts.intake.count(sender);
    this.#parts.intake.requireRecipient(sender, nameIn(address));
  }

  async #takeMail(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const sender = this.#senderOf(session);
    if (this.#mails >= MAILS_AT_ONCE_MAX) throw new MailRefused(LOCAL_ERROR, "too many mails at once: try again");
    this.#mails += 1;
    try {
      const mail = await readMail(await bytesOf(stream)).catch((error: unknown) => {
        throw error instanceof MailRefused ? error : new MailRefused(554, describeError(error));
      });
      const names = new Set(session.envelope.rcptTo.map(({ address }) => nameIn(address)));
      await this.#push(sender, mail, names);
      this.counters.accepted += 1;
    } finally {
      this.#mails -= 1;
    }
  }

  async #push(sender: SenderLogin["account"], mail: Mail, names: ReadonlySet<string>): Promise<void> {
    const { intake, pictures } = this.#parts;
    const keyOf = (to: string) => (mail.digest === undefined ? undefined : `mail ${mail.digest} ${to}`);
    const left: string[] = [];
    for (const to of names) if (!(await intake.hasTaken(sender, keyOf(to)))) left.push(to);
    const picture =
      mail.picture && left.length > 0 ? await pictures.addBeside(sender, mail.picture, this.#url) : undefined;
    const { title, text, priority } = mail;
    for (const to of left) {
      try {
        const push = fittedPush({ to, title, text, priority, picture });
        await intake.take(sender, push, { idempotencyKey: keyOf(to) });
      } catch (error) {
        const refusal = refusalOf(error);
        throw new MailRefused(refusal.responseCode, `${quoted(to)}: ${refusal.message}`);
      }
    }
  }
}

/** Logs what is the station's own fault. */
function refusalOf(error: unknown): MailRefused {
  if (error instanceof MailRefused) return error;
  const { statusCode } = error as { readonly statusCode?: number };
  if (statusCode !== undefined) return new MailRefused(CODES[statusCode] ?? LOCAL_ERROR, describeError(error));
  console.error(`mail: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  return new MailRefused(LOCAL_ERROR, "the station could not do it; its log says why");
}

/** Whom a mail is for: what stands before the @, which may be quoted. */
function nameIn(address: string): string {
  const name = address.slice(0, address.lastIndexOf("@"));
  return /^".*"$/s.test(name) ? name.slice(1, -1).replace(/\\(.)/gs, "$1") : name;
}

/** All of it, if it has not too many bytes. Rejects if the connection ends before. */
function bytesOf(stream: SMTPServerDataStream): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => {
      if (stream.sizeExceeded) parts = [];
      else parts.push(part);
    });
    stream.once("end", () => {
      if (stream.sizeExceeded) reject(new MailRefused(552, `a mail may have ${MAIL_BYTES_MAX} bytes at most`));
      else resolve(Buffer.concat(parts));
    });
    // The package says so when the connection ends in the middle of it.
    stream.once("error", ({ message }) => reject(new MailRefused(LOCAL_ERROR, message)));
  });
}
