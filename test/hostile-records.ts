/** Servers that break the rules after the handshake (RFC 5246, section 6.2). */
import { CONNACK, type HostileCase, WRONG } from "./hostile-case.ts";
import { MESSAGE, RECORD, type ScriptedTls } from "./scripted-tls.ts";

/** Plays the handshake and waits for CONNECT. */
async function untilConnect(server: ScriptedTls): Promise<void> {
  await server.handshake();
  await server.data();
}

export const HOSTILE_RECORDS: readonly HostileCase[] = [
  {
    what: "damages a record",
    async play(server) {
      await untilConnect(server);
      server.record(RECORD.data, CONNACK, { isDamaged: true });
    },
    said: WRONG,
  },
  {
    what: "sends a record twice",
    async play(server) {
      await server.handshake();
      await server.data();
      const sent: Uint8Array[] = [];
      const { raw } = server;
      server.raw = (bytes) => sent.push(Buffer.from(bytes));
      server.record(RECORD.data, Buffer.alloc(0));
      server.raw = raw;
      for (const bytes of [...sent, ...sent]) server.raw(bytes);
    },
    said: WRONG,
  },
  {
    what: "goes on unencrypted",
    async play(server) {
      await untilConnect(server);
      server.raw(Buffer.concat([Buffer.of(RECORD.data, 3, 3, 0, CONNACK.length), CONNACK]));
    },
    said: /^TLS: a record of 4 bytes, expected 24 to 16408$/,
  },
  {
    what: "goes on unencrypted, at length",
    async play(server) {
      await untilConnect(server);
      const content = Buffer.concat([CONNACK, Buffer.alloc(60)]);
      server.raw(Buffer.concat([Buffer.of(RECORD.data, 3, 3, 0, content.length), content]));
    },
    said: WRONG,
  },
  {
    what: "goes on without TLS",
    async play(server) {
      await untilConnect(server);
      server.raw(Buffer.concat([CONNACK, CONNACK]));
    },
    said: /^TLS: a record of type 32$/,
  },
  {
    what: "sends a record that is too large",
    async play(server) {
      await untilConnect(server);
      server.record(RECORD.data, Buffer.alloc(16_385));
    },
    said: /^TLS: a record of 16409 bytes, expected 24 to 16408$/,
  },
  {
    what: "wants to renegotiate",
    async play(server) {
      await untilConnect(server);
      server.message(MESSAGE.helloRequest, Buffer.alloc(0));
    },
    said: /^TLS: the broker wants to renegotiate$/,
    saidOnNode: "waits",
  },
  {
    what: "begins a second handshake by itself",
    async play(server) {
      await untilConnect(server);
      server.serverHello();
      server.certificate();
    },
    said: /^TLS: the broker wants to renegotiate$/,
  },
  {
    what: "changes the cipher of an open connection",
    async play(server) {
      await untilConnect(server);
      server.changeCipherSpec();
    },
    said: /^TLS: the broker wants to renegotiate$/,
  },
  {
    what: "sends an encrypted record of unknown type",
    async play(server) {
      await untilConnect(server);
      server.record(24, Buffer.of(1, 2, 3));
    },
    said: /^TLS: a record of type 24$/,
  },
  {
    what: "breaks off an open connection",
    async play(server) {
      await untilConnect(server);
      server.alert(2, 80);
    },
    said: /^TLS: the broker ended it: it has an internal error$/,
  },
  {
    what: "warns of something and goes on",
    async play(server) {
      await untilConnect(server);
      server.alert(1, 90);
    },
    said: /^TLS: the broker ended it: alert 90$/,
    saidOnNode: "waits",
  },
  {
    what: "says goodbye and sends data after it",
    async play(server) {
      await untilConnect(server);
      server.alert(1, 0);
      server.record(RECORD.data, CONNACK);
    },
    said: /^closed by the peer$/,
  },
  {
    what: "hangs up without goodbye in the middle of a record",
    async play(server) {
      await untilConnect(server);
      server.record(RECORD.data, Buffer.alloc(10), { length: 1_000 });
      server.hangUp();
    },
    said: /^closed by the peer$/,
  },
];
