/** What the tests know of a server of XMPP. Its domain is `localhost`, and accounts register themselves. */
export interface XmppServer {
  readonly name: string;
  /** Without TLS, and with STARTTLS. */
  readonly port: number;
  /** TLS from the beginning. */
  readonly tlsPort: number;
  stop(): Promise<void>;
}

export interface XmppServerOptions {
  /** Login by `jabber:iq:auth` alone, as servers had it when the paper was written. */
  readonly isLegacy?: boolean;
  /** Default: yes. */
  readonly has0198?: boolean;
}
