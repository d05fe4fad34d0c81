import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A server of HTTP on loopback that keeps what it gets, and answers as it is told. */
export class WebReceiver {
  readonly requests: ReceivedRequest[] = [];
  /** The status of the next answers. undefined: it gives none. */
  status: number | undefined = 200;
  headers: Record<string, string> = {};
  readonly #server: Server;
  #port = 0;

  constructor() {
    this.#server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request.setEncoding("utf8")) body += part;
      const { method = "", url = "", headers } = request;
      this.requests.push({ method, path: url, headers, body });
      if (this.status !== undefined) response.writeHead(this.status, this.headers).end("thanks");
    });
  }

  /** On any free port, or on the one that it had. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
