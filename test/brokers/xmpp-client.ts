/** The XMPP engine alone over TCP on Node, as a sender of pushes. */
import { connect, type Socket } from "node:net";
import { Session } from "../../src/xmpp/session.ts";
import type { Outgoing, SessionEvent, SessionOptions } from "../../src/xmpp/session-types.ts";

export class XmppClient {
  readonly events: SessionEvent[] = [];
  /** Everything in the order in which it passed: `C:` what we said, `S:` what the server said. */
  readonly wire: string[] = [];
  readonly #session: Session;
  readonly #port: number;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(port: number, options: Partial<SessionOptions> & Pick<SessionOptions, "jid">) {
    this.#port = port;
    this.#session = new Session(
      {
        password: "secret of a test",
        resource: "test",
        tls: "none",
        mayRegister: true,
        contacts: [],
        keepAliveSeconds: 60,
        stanzaBytesMax: 65_536,
        ...options,
      },
      Math.random,
    );
    this.#session.start(performance.now());
    this.#drain();
  }

  get isConnected(): boolean {
    return this.#session.isConnected;
  }

  /** The server has all that was sent. */
  get isDrained(): boolean {
    return this.#session.isDrained;
  }

  async connected(): Promise<this> {
    await until(() => {
      if (!this.isConnected) throw new Error(JSON.stringify(this.events.slice(-3)));
    });
    return this;
  }

  /** Waits until there is room for it. Returns its token. */
  send(outgoing: Outgoing): Promise<number> {
    return until(() => {
      const token = this.#session.send(outgoing, performance.now());
      this.#drain();
      if (token === undefined) throw new Error("no room");
      return token;
    });
  }

  /** The events of one type so far. */
  all<Type extends SessionEvent["type"]>(type: Type): (SessionEvent & { readonly type: Type })[] {
    return this.events.filter((event): event is SessionEvent & { readonly type: Type } => event.type === type);
  }

  stop(): void {
    this.#session.stop(performance.now());
    this.#drain();
  }

  #open(): void {
    const mine = connect({ host: "127.0.0.1", port: this.#port, noDelay: true });
    this.#socket = mine;
    const handle = (act: () => void) => {
      if (this.#socket === mine) act();
      this.#drain();
    };
    mine.on("connect", () => handle(() => this.#session.handleConnected(performance.now())));
    mine.on("data", (bytes) =>
      handle(() => {
        this.wire.push(`S: ${bytes.toString()}`);
        this.#session.handleBytes(bytes, performance.now());
      }),
    );
    mine.on("error", () => {});
    mine.on("close", () => handle(() => this.#session.handleClosed("the connection ended", performance.now())));
  }

  #write(): boolean {
    const bytes = this.#session.pollTransmit();
    if (!bytes) return false;
    this.wire.push(`C: ${Buffer.from(bytes).toString()}`);
    this.#socket?.write(Uint8Array.from(bytes));
    return true;
  }

  #drain(): void {
    for (;;) {
      const event = this.#session.pollEvent();
      if (event?.type === "open") this.#open();
      else if (event?.type === "close") {
        this.#write();
        this.#socket?.end();
        this.#socket = undefined;
      } else if (event) this.events.push(event);
      if (event?.type === "message") this.#session.acknowledge(event.token);
      if (!this.#write() && !event) break;
    }
    // What was handed in has to be used up before there is more.
    if (this.#session.canReceive) this.#socket?.resume();
    else this.#socket?.pause();
    const wakeMs = this.#session.pollTimeout();
    clearTimeout(this.#timer);
    if (wakeMs === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#session.handleTimeout(performance.now());
        this.#drain();
      },
      Math.max(0, wakeMs - performance.now()),
    );
  }
}

export const WAITING = Object.freeze({ timeout: 60_000, interval: 10 });

/** Looks again and again until `look` does not throw any more. Throws what it threw last. */
async function until<Value>(look: () => Value): Promise<Value> {
  for (const endMs = performance.now() + WAITING.timeout; ; ) {
    try {
      return look();
    } catch (error) {
      if (performance.now() > endMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, WAITING.interval));
  }
}
