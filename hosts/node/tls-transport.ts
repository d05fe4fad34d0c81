import { connect as connectPlainly } from "node:net";
import { connect } from "node:tls";
import type { BrokerSettings } from "../../src/gateway/settings.ts";
import type { TransportHandlers } from "../runner.ts";
import { explainTls } from "./explain-tls.ts";
import { type NodeTransport, openStream, type StreamKind } from "./tcp-transport.ts";
import { tlsOptions } from "./tls-options.ts";

/** A connection with TLS 1.2 or later. Nothing is sent before the broker's certificate has been checked. */
export function openTls(broker: BrokerSettings, handlers: TransportHandlers): NodeTransport {
  const { host, port } = broker;
  const kind: StreamKind = {
    isSecure: true,
    connect: () => connect({ host, port, ...tlsOptions(broker) }).setNoDelay(true),
    explain: (error) => explainTls(error, broker),
  };
  return openStream(kind, host, handlers);
}

/** A connection that begins without TLS. `secure` begins it. The broker's certificate is checked before anything more is sent. */
export function openStartTls(broker: BrokerSettings, handlers: TransportHandlers): NodeTransport {
  const { host, port } = broker;
  const kind: StreamKind = {
    isSecure: false,
    connect: () => connectPlainly({ host, port, noDelay: true }),
    secure: (socket) => connect({ socket, ...tlsOptions(broker) }),
    explain: (error) => explainTls(error, broker),
  };
  return openStream(kind, host, handlers);
}
