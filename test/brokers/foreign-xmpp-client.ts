/** Runs `foreign-xmpp-program.ts`. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { endProcess } from "./server-process.ts";

const PROGRAM = fileURLToPath(new URL("foreign-xmpp-program.ts", import.meta.url));

export interface ForeignMessage {
  readonly from: string;
  readonly body: string | null;
  /** Name and id of each element in it. */
  readonly children: readonly string[];
}

export class ForeignXmppClient {
  /** What has come so far. */
  readonly messages: ForeignMessage[] = [];
  readonly #child: ChildProcess;

  /** Logs in over STARTTLS, and sends one message. @param ca file of the authority that it trusts */
  constructor(
    port: number,
    ca: string,
    what: Readonly<Record<"username" | "password" | "to" | "id" | "body", string>>,
  ) {
    const { username, password, to, id, body } = what;
    const args = [`xmpp://127.0.0.1:${port}`, username, password, to, id, body];
    this.#child = spawn(process.execPath, ["--import", "tsx", PROGRAM, ...args], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: ca },
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      this.messages.push(JSON.parse(line) as ForeignMessage);
    });
  }

  async stop(): Promise<void> {
    await endProcess(this.#child, "SIGTERM");
  }
}
