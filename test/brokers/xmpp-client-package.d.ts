/** What the tests use of `@xmpp/client`, which brings no types. */
declare module "@xmpp/client" {
  export interface XmppElement {
    readonly name: string;
    readonly attrs: Readonly<Record<string, string | undefined>>;
    getChildElements(): readonly XmppElement[];
    getChildText(name: string): string | null;
  }
  export interface Connection {
    on(event: "online", listener: () => void): void;
    on(event: "stanza", listener: (stanza: XmppElement) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    start(): Promise<unknown>;
    send(stanza: XmppElement): Promise<void>;
  }
  export function client(options: {
    readonly service: string;
    readonly domain: string;
    readonly resource: string;
    readonly username: string;
    readonly password: string;
  }): Connection;
  export function xml(
    name: string,
    attributes?: Readonly<Record<string, string>>,
    ...children: readonly (XmppElement | string)[]
  ): XmppElement;
}
