/** Servers that break the rules of the handshake (RFC 5246, section 7.3). */
import { CLOSED, CONNACK, type HostileCase, WRONG } from "./hostile-case.ts";
import { MESSAGE, RECORD, type ScriptedTls } from "./scripted-tls.ts";

/** What the server does at one step of the handshake. All steps before it were correct. */
type Play = (server: ScriptedTls) => void;

const afterClientHello = (play: Play) => async (server: ScriptedTls) => {
  await server.clientHello();
  play(server);
};
const afterServerHello = (play: Play) =>
  afterClientHello((server) => {
    server.serverHello();
    play(server);
  });
const afterCertificate = (play: Play) =>
  afterServerHello((server) => {
    server.certificate();
    play(server);
  });
/** Ends the server's answer with this ServerKeyExchange. */
const withKey = (...key: Parameters<ScriptedTls["serverKeyExchange"]>) =>
  afterCertificate((server) => {
    server.serverKeyExchange(...key);
    server.serverHelloDone();
  });
const inPlaceOfFinished = (play: Play) => async (server: ScriptedTls) => {
  await server.hello();
  await server.clientFlight();
  play(server);
};
const withKeys = (play: Play) =>
  inPlaceOfFinished((server) => {
    server.changeCipherSpec();
    play(server);
  });

const last = (body: Buffer) => body.length - 1;
const changedAt = (at: (body: Buffer) => number) => (body: Buffer) => {
  const changed = Buffer.from(body);
  changed.writeUInt8((changed[at(body)] ?? 0) ^ 1, at(body));
  return changed;
};

export const HOSTILE_HANDSHAKES: readonly HostileCase[] = [
  {
    what: "hangs up at once",
    play: (server) => server.hangUp(),
    // The server may close before the client's socket reports that it is connected.
    said: /^no connection to 127\.0\.0\.1$|^closed by the peer in the TLS handshake$/,
  },
  {
    what: "answers in HTTP",
    play: (server) => server.raw("HTTP/1.1 400 Bad Request\r\n\r\n"),
    said: /^there is no TLS at this port$/,
  },
  {
    what: "answers in MQTT and hangs up",
    play(server) {
      // Four bytes are too few for a record header.
      server.raw(CONNACK);
      server.hangUp();
    },
    said: CLOSED,
  },
  {
    what: "answers in MQTT, at length",
    play: (server) => server.raw(Buffer.concat([CONNACK, CONNACK])),
    said: /^there is no TLS at this port$/,
  },
  {
    what: "speaks TLS 1.0 only",
    play: afterClientHello((server) => server.serverHello({ version: 0x301 })),
    said: /^TLS: the broker chooses version 301, expected 303$/,
  },
  {
    what: "chooses TLS 1.3 in the field of the old version",
    play: afterClientHello((server) => server.serverHello({ version: 0x304 })),
    said: /^TLS: the broker chooses version 304/,
  },
  ...[0xc02c, 0x009c, 0x002f, 0x0000, 0xc013].map(
    (cipher): HostileCase => ({
      what: `chooses cipher ${cipher.toString(16)}`,
      play: afterClientHello((server) => server.serverHello({ cipher })),
      said: new RegExp(`^TLS: the broker chooses cipher ${cipher.toString(16)}, which was not offered$`),
      // OpenSSL has offered all of these ciphers except 0, which is none. So it goes on.
      ...(cipher === 0 ? {} : { saidOnNode: "waits" }),
    }),
  ),
  {
    what: "chooses to compress",
    play: afterClientHello((server) => server.serverHello({ compression: 1 })),
    said: /^TLS: the broker chooses to compress$/,
  },
  {
    what: "sends half a ServerHello",
    play: afterClientHello((server) => server.message(MESSAGE.serverHello, server.serverHelloBody().subarray(0, 20))),
    said: /^TLS: the broker chooses cipher 0, which was not offered$/,
  },
  {
    what: "says ServerHello twice",
    play: afterServerHello((server) => server.serverHello()),
    said: /^TLS: handshake message 2 after 2$/,
  },
  {
    what: "begins with the certificate",
    play: afterClientHello((server) => server.certificate()),
    said: /./,
  },
  {
    what: "shows its certificate after its key",
    play: afterServerHello((server) => server.serverKeyExchange()),
    said: /^the broker shows no certificate$/,
  },
  {
    what: "leaves out its key",
    play: afterCertificate((server) => server.serverHelloDone()),
    said: WRONG,
  },
  {
    what: "leaves out everything",
    play: afterServerHello((server) => server.serverHelloDone()),
    said: WRONG,
  },
  {
    what: "sends Finished without a change of cipher",
    play: inPlaceOfFinished((server) => server.finished()),
    said: /^TLS: handshake message 20 after 14$/,
  },
  {
    what: "changes the cipher before there are keys",
    play: afterServerHello((server) => server.changeCipherSpec()),
    said: /^TLS: the broker changes to a cipher for which there are no keys$/,
  },
  {
    what: "asks for a new handshake in the middle of one",
    play: afterServerHello((server) => server.message(MESSAGE.helloRequest, Buffer.alloc(0))),
    said: /^TLS: handshake message 0 after 2$/,
    saidOnNode: "waits",
  },
  {
    what: "sends a message of an unknown type",
    play: afterServerHello((server) => server.message(99, Buffer.of(1, 2, 3))),
    said: /^TLS: handshake message 99 after 2$/,
  },
  {
    what: "begins a message of 16 MB",
    play: afterServerHello((server) =>
      server.record(RECORD.handshake, Buffer.of(MESSAGE.certificate, 0xff, 0xff, 0xff)),
    ),
    said: /^TLS: a handshake message of 16777219 bytes, expected at most 16384$/,
  },
  {
    what: "begins a message and goes on with another record",
    play: afterServerHello((server) => {
      server.record(RECORD.handshake, server.say(MESSAGE.certificate, server.certificateBody()).subarray(0, 50));
      server.changeCipherSpec();
    }),
    said: /^TLS: the broker/,
  },
  {
    what: "sends data before the keys",
    play: afterClientHello((server) => server.record(RECORD.data, CONNACK)),
    said: /^TLS: the broker sends data before the handshake has ended$/,
  },
  {
    what: "sends data with the keys and before Finished",
    play: withKeys((server) => server.record(RECORD.data, CONNACK)),
    said: /^TLS: the broker sends data before the handshake has ended$/,
  },
  {
    what: "sends ServerHelloDone again in place of Finished",
    play: withKeys((server) => server.serverHelloDone()),
    said: /^TLS: handshake message 14 after the change of cipher$/,
  },
  {
    what: "asks for a new handshake in place of Finished",
    play: withKeys((server) => server.message(MESSAGE.helloRequest, Buffer.alloc(0))),
    said: /^TLS: handshake message 0 after the change of cipher$/,
    saidOnNode: "waits",
  },
  {
    what: "changes the cipher twice",
    play: withKeys((server) => server.changeCipherSpec()),
    said: /^TLS: the broker changes to a cipher for which there are no keys$/,
  },
  {
    what: "sends a wrong ChangeCipherSpec",
    play: inPlaceOfFinished((server) => server.changeCipherSpec(Buffer.of(2))),
    said: WRONG,
  },
  {
    what: "sends a Finished of another handshake",
    play: withKeys((server) => server.finished(changedAt(last))),
    said: WRONG,
  },
  ...(
    [
      ["signature", last],
      ["point", () => 40],
      ["hash", (body: Buffer) => body.indexOf(Buffer.of(4, 3), 60)],
    ] as const
  ).map(
    ([part, at]): HostileCase => ({
      what: `changes the ${part} of its key`,
      play: withKey({}, changedAt(at)),
      said: /^TLS: /,
    }),
  ),
  ...(
    [
      ["nobody", 0, 0],
      ["nobody, with SHA-256", 4, 0],
      ["MD5", 1, 3],
      ["SHA-1", 2, 3],
      ["RSA, which it has not", 4, 1],
    ] as const
  ).map(
    ([what, hash, signer]): HostileCase => ({
      what: `lets ${what} sign its key`,
      play: withKey({}, (body) => {
        const at = 4 + (body[3] ?? 0);
        return Buffer.concat([body.subarray(0, at), Buffer.of(hash, signer), body.subarray(at + 2)]);
      }),
      said: /^TLS: the broker does not sign its key$/,
    }),
  ),
  {
    what: "signs with zeros",
    play: withKey({}, (body) =>
      Buffer.concat([body.subarray(0, 4 + (body[3] ?? 0) + 2), Buffer.from("00083006020100020100", "hex")]),
    ),
    said: /^TLS: the broker's signature is malformed$/,
  },
  {
    what: "chooses curve 25",
    play: withKey({}, (body) => Buffer.concat([Buffer.of(3, 0, 25), body.subarray(3)])),
    said: /^TLS: the broker chooses curve 25, which was not offered$/,
  },
  ...(
    [
      ["beside its curve", Buffer.concat([Buffer.of(4), Buffer.alloc(63, 7), Buffer.of(9)])],
      ["nowhere", Buffer.concat([Buffer.of(4), Buffer.alloc(64)])],
      ["that is too short", Buffer.of(4, 1, 2)],
      ["of no bytes", Buffer.alloc(0)],
    ] as const
  ).map(
    ([where, point]): HostileCase => ({
      what: `takes a point ${where}, and signs it`,
      play: withKey({ point }),
      said: /^TLS: the broker's point is not on its curve$/,
    }),
  ),
  {
    what: "sends a record of unknown type in the handshake",
    play: afterServerHello((server) => server.record(24, Buffer.of(1, 2, 3))),
    said: /^TLS: a record of type 24$/,
  },
  {
    what: "sends a record that is too large in the handshake",
    play: afterClientHello((server) => server.record(RECORD.handshake, Buffer.alloc(16_385))),
    said: /^TLS: a record of 16385 bytes, expected 1 to 16384$/,
  },
  {
    what: "announces the largest record that a header can",
    play: afterClientHello((server) => server.record(RECORD.handshake, Buffer.alloc(10), { length: 65_535 })),
    said: /^TLS: a record of 65535 bytes/,
  },
  {
    what: "sends an empty record in the handshake",
    play: afterClientHello((server) => server.record(RECORD.handshake, Buffer.alloc(0))),
    said: /^TLS: a record of 0 bytes/,
    saidOnNode: "waits",
  },
  {
    what: "hangs up in the middle of a record",
    play: afterClientHello((server) => {
      server.record(RECORD.handshake, Buffer.alloc(10), { length: 100 });
      server.hangUp();
    }),
    said: CLOSED,
  },
  ...(
    [
      [40, "no cipher or version in common"],
      [80, "it has an internal error"],
      [112, "it does not know the name that we asked for"],
      [255, "alert 255"],
      [0, "it closed the connection"],
    ] as const
  ).map(
    ([description, words]): HostileCase => ({
      what: `breaks off with alert ${description}`,
      play: afterServerHello((server) => server.alert(description === 0 ? 1 : 2, description)),
      said: new RegExp(`^TLS: the broker ended it: ${words}$`),
      // OpenSSL ignores an unknown alert. The time limit of the handshake ends the connection.
      ...(description === 255 ? { saidOnNode: "waits" } : {}),
    }),
  ),
  {
    what: "says half an alert",
    play: afterClientHello((server) => server.record(RECORD.alert, Buffer.of(2))),
    said: WRONG,
  },
  {
    what: "breaks off in place of Finished",
    play: inPlaceOfFinished((server) => server.alert(2, 20)),
    said: /^TLS: the broker ended it: what we sent arrived damaged$/,
  },
  {
    what: "hangs up in place of Finished",
    play: inPlaceOfFinished((server) => server.hangUp()),
    said: CLOSED,
  },
];
