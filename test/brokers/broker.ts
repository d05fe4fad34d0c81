/** The interface of a broker under test, and the search for a free port. */
import { connect, createServer } from "node:net";

export interface Broker {
  readonly name: string;
  /** MQTT over TCP on loopback. */
  readonly port: number;
  /** How a client logs in, if the broker asks for it. */
  readonly login?: { readonly userName: string; readonly password: string };
  /** Ends the broker and removes its files. */
  stop(): Promise<void>;
}

/** A broker that can be killed. */
export interface MortalBroker extends Broker {
  /** Ends it with SIGKILL, as a power cut would. Data and port stay for `restart`. */
  kill(): Promise<void>;
  /** Starts it again on the same port with its saved data. */
  restart(): Promise<void>;
  /** Of a cluster: the ports of MQTT of all nodes. `kill` takes one of them, the next one each time. */
  readonly nodePorts?: readonly number[];
}

/** A free port of loopback. Another process may take it before the caller does. The caller then tries again. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether this port of loopback accepts connections. */
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
