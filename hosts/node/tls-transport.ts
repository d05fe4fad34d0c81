import { connect } from "node:tls";
import type { BrokerSettings } from "../../src/gateway/settings.ts";
import type { TransportHandlers } from "../runner.ts";
import { type NodeTransport, openStream } from "./tcp-transport.ts";
import { tlsErrorInWords } from "./tls-in-words.ts";
import { tlsOptions } from "./tls-options.ts";

/** A connection with TLS 1.2 or later. Nothing is sent before the broker's certificate was found good. */
export function openTls(broker: BrokerSettings, handlers: TransportHandlers): NodeTransport {
  return openStream(
    {
      connect() {
        const socket = connect({ host: broker.host, port: broker.port, ...tlsOptions(broker) });
        return socket.setNoDelay(true);
      },
      readyEvent: "secureConnect",
      inWords: (error) => tlsErrorInWords(error, broker),
    },
    handlers,
  );
}
