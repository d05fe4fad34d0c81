/** A network between many pagers and a station. It cuts connections at any byte, and some go silent instead. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Random } from "../../src/seams.ts";
import { integerBetween } from "../random.ts";

/** The share of lost connections that go silent instead of being cut. Neither end learns of that. */
const SILENT_SHARE = 0.2;

export class LossyProxy {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #random: Random;
  readonly #bytesMean: number;
  readonly #sockets = new Set<Socket>();
  /** Connections that were cut or have gone silent. */
  losses = 0;
  /** When it is set, no connection is lost. */
  isCalm = false;

  /** @param bytesMean a connection passes about so many bytes in both directions before it is lost */
  static async start(targetPort: number, random: Random, bytesMean: number): Promise<LossyProxy> {
    const proxy = new LossyProxy(targetPort, random, bytesMean);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  private constructor(targetPort: number, random: Random, bytesMean: number) {
    this.#targetPort = targetPort;
    this.#random = random;
    this.#bytesMean = bytesMean;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(pager: Socket): void {
    const station = connect(this.#targetPort, "127.0.0.1");
    let left = integerBetween(this.#random, 1, 2 * this.#bytesMean);
    let isSilent = false;
    const drop = () => {
      pager.destroy();
      station.destroy();
    };
    const lose = () => {
      this.losses += 1;
      isSilent = this.#random() < SILENT_SHARE;
      if (!isSilent) drop();
    };
    for (const [from, to] of [
      [pager, station],
      [station, pager],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("error", () => {});
      from.on("close", () => {
        this.#sockets.delete(from);
        // If one end closes, the other end is closed too. A silent connection tells nobody.
        if (!isSilent) drop();
      });
      from.on("data", (bytes: Buffer) => {
        if (isSilent) return;
        if (this.isCalm || bytes.length < left) {
          left -= bytes.length;
          to.write(bytes);
          return;
        }
        to.write(bytes.subarray(0, left), lose);
        left = Number.POSITIVE_INFINITY;
      });
    }
  }
}
