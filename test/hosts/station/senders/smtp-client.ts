import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Speaks SMTP line by line, as far from RFC 5321 as a test wants it. */
export class SmtpClient {
  readonly #socket: Socket;
  #received = "";

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setEncoding("utf8").on("data", (text: string) => {
      this.#received += text;
    });
    // The station may end it at any time.
    this.#socket.on("error", () => {});
  }

  /** Sends a line, if there is one, and gives the whole answer without the end of its last line. */
  async ask(line?: string): Promise<string> {
    if (line !== undefined) this.#socket.write(`${line}\r\n`);
    for (;;) {
      const answer = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(this.#received)?.[0];
      if (answer !== undefined) {
        this.#received = this.#received.slice(answer.length);
        return answer.trimEnd();
      }
      await once(this.#socket, "data");
    }
  }

  /** Greets and logs in. Gives the answer to the login. */
  async logIn(name: string, password: string): Promise<string> {
    await this.ask();
    await this.ask("EHLO test");
    return this.ask(`AUTH PLAIN ${Buffer.from(`\0${name}\0${password}`).toString("base64")}`);
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  end(): void {
    this.#socket.destroy();
  }
}
