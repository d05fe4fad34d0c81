/** A port that answers no connection at all, like a host behind a broken route. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const PROGRAM =
  "const server = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port))";

/** A connection that is not made within this time finds the queue full. */
const FILL_MS = 300;
const FILLERS_MAX = 8;

/** A process that listens and is stopped. Its queue is full, so the kernel answers no further connection. */
export class FullListener {
  readonly port: number;
  readonly #end: () => void;

  private constructor(port: number, end: () => void) {
    this.port = port;
    this.#end = end;
  }

  static async start(): Promise<FullListener> {
    const child = spawn(process.execPath, ["-e", PROGRAM], { stdio: ["ignore", "pipe", "inherit"] });
    const fillers: Socket[] = [];
    const end = () => {
      for (const filler of fillers) filler.destroy();
      child.kill("SIGKILL");
    };
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const port = Number(line.toString());
    child.kill("SIGSTOP");
    for (let isFull = false; !isFull; ) {
      if (fillers.length === FILLERS_MAX) {
        end();
        throw new Error(`the queue of a stopped process takes ${FILLERS_MAX} connections, expected fewer`);
      }
      const filler = connect(port, "127.0.0.1").on("error", () => {});
      fillers.push(filler);
      isFull = await new Promise<boolean>((resolve) => {
        // The kernel connects at once or not at all. If this timer is late, the event of a connection still comes first.
        const timer = setTimeout(() => setImmediate(() => resolve(filler.connecting)), FILL_MS);
        filler.once("connect", () => {
          clearTimeout(timer);
          resolve(false);
        });
      });
    }
    return new FullListener(port, end);
  }

  stop(): void {
    this.#end();
  }
}
