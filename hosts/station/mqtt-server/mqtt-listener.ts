/** Listens for MQTT over TCP, and over TLS too if there is a certificate. */
import { X509Certificate } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { isLoopback } from "../../common/loopback.ts";
import { CONNECTIONS_MAX } from "../shared/limits.ts";

/** Certificate with its chain, and key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface MqttAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly mqttPort: number;
  readonly mqttsPort: number;
  readonly certificate?: Certificate | undefined;
}

export interface MqttListener {
  readonly mqttPort: number;
  /** undefined without a certificate. */
  readonly mqttsPort: number | undefined;
  /** Ends all connections and frees the ports. */
  readonly close: () => Promise<void>;
}

/** PEM of the authority at the end of the chain, which has signed itself. undefined where the chain ends before it. */
export function authorityOf({ cert }: Certificate): string | undefined {
  const last = cert.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)?.at(-1);
  const certificate = last === undefined ? undefined : new X509Certificate(last);
  return certificate?.checkIssued(certificate) ? certificate.toString() : undefined;
}

/** The address of MQTT without TLS. With a certificate it is loopback. */
export function plainHost({ host, certificate }: Pick<MqttAddress, "host" | "certificate">): string {
  return certificate && !isLoopback(host) ? "127.0.0.1" : host;
}

/** An address at which this machine reaches a listener on `host`. */
export function ownAddress(host: string): string {
  return host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
}

/** Listens, and hands over each connection. Rejects with the error of a port that cannot be opened. */
export async function listenMqtt(address: MqttAddress, accept: (socket: Socket) => void): Promise<MqttListener> {
  const { host, certificate } = address;
  const sockets = new Set<Socket>();
  const take = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    accept(socket);
  };
  const servers: Server[] = [];
  const close = async () => {
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
  };
  const listen = async (server: Server, host: string, port: number) => {
    server.maxConnections = CONNECTIONS_MAX;
    servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen({ host, port }, resolve);
    });
    return (server.address() as { port: number }).port;
  };
  try {
    const mqttPort = await listen(
      createServer({ noDelay: true, allowHalfOpen: true }, take),
      plainHost(address),
      address.mqttPort,
    );
    const secure =
      certificate &&
      createTlsServer({ ...certificate, noDelay: true, allowHalfOpen: true, minVersion: "TLSv1.2" }, take);
    // A failed handshake concerns only its client.
    secure?.on("tlsClientError", () => {});
    const mqttsPort = secure && (await listen(secure, host, address.mqttsPort));
    return { mqttPort, mqttsPort, close };
  } catch (error) {
    await close();
    throw error;
  }
}
