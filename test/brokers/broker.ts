/** What every broker under test can do, and how a free port is found for one. */
import { connect, createServer } from "node:net";

export interface Broker {
  readonly name: string;
  /** MQTT over TCP on loopback. */
  readonly port: number;
  /** How a client logs in where it has to. */
  readonly login?: { readonly userName: string; readonly password: string };
  /** Ends it and removes what it left on disk. */
  stop(): Promise<void>;
}

/** A port of loopback that nobody listens on. Somebody else may take it before it is used: the caller tries again then. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether somebody accepts connections at this port of loopback. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
  });
}
