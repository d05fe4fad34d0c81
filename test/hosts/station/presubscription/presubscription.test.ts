/** Pre-subscription: the sequence in figure 3 of the push paper, and a client that never subscribes. */
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import fastify from "fastify";
import type { MqttClient } from "mqtt";
import { type Packet, parser } from "mqtt-packet";
import { afterEach, describe, expect, it, vi } from "vitest";
import { localPassword, localToken } from "../../../../hosts/common/local-key.ts";
import type { Directory } from "../../../../hosts/station/directory/directory.ts";
import { openAccess } from "../../../../hosts/station/directory/open-access.ts";
import { addAuthentication } from "../../../../hosts/station/http/authentication.ts";
import { addPresubscriptionRoutes } from "../../../../hosts/station/http/routes/presubscription-routes.ts";
import type { Accounts } from "../../../../hosts/station/identity/accounts.ts";
import { originOf } from "../../../../hosts/station/identity/client-address.ts";
import { LoginGuard } from "../../../../hosts/station/identity/login-guard.ts";
import { Sessions } from "../../../../hosts/station/identity/sessions.ts";
import { StationBroker } from "../../../../hosts/station/mqtt-server/station-broker.ts";
import { ClientGate, PRESUBSCRIBER_NAME } from "../../../../hosts/station/policy/client-gate.ts";
import { NEW_CLIENT_TOPIC, TopicRules } from "../../../../hosts/station/policy/topic-rules.ts";
import { Presubscriber } from "../../../../hosts/station/presubscription/presubscriber.ts";
import { Presubscriptions } from "../../../../hosts/station/presubscription/presubscriptions.ts";
import { PRESUBSCRIPTION_WAIT_MS } from "../../../../hosts/station/shared/limits.ts";
import type { Station } from "../../../../hosts/station/station.ts";
import { StationStore } from "../../../../hosts/station/store/station-store.ts";
import { encodeText } from "../../../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../../../src/payload/message.ts";
import { encodePresubscription } from "../../../../src/payload/optional/presubscription.ts";
import { localLogin, postPush, StationBench, until } from "../harness.ts";

const bench = new StationBench();
afterEach(async () => {
  await bench.end();
  vi.restoreAllMocks();
});

/** Passes connections on and reports each packet in both directions. */
async function recordingProxy(port: number, onPacket: (direction: ">" | "<", packet: Packet) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const broker = connect(port, "127.0.0.1");
    for (const [from, to, direction] of [
      [client, broker, ">"],
      [broker, client, "<"],
    ] as const) {
      sockets.add(from);
      const reader = parser();
      reader.on("packet", (packet) => onPacket(direction, packet));
      from.on("error", () => {}).on("close", () => to.destroy());
      from.on("data", (bytes) => {
        reader.parse(bytes);
        to.write(bytes);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  bench.add(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as { port: number }).port;
}

/** The station's broker alone. Clients may connect without a login. */
async function startBroker(data: string, accounts: Accounts, directory: Directory) {
  const rules = new TopicRules("field", directory, accounts);
  const gate = new ClientGate({ accounts, rules, isAnonymousAllowed: true, onLocalDevice: async () => {} });
  const store = new StationStore(join(data, "station.db"));
  const broker = new StationBroker(store, gate);
  broker.presubscriptions = new Presubscriptions(broker);
  broker.grant(PRESUBSCRIBER_NAME, [{ filter: NEW_CLIENT_TOPIC, qos: 1 }]);
  const server = createServer((socket) =>
    broker.accept(
      socket.on("error", () => {}),
      originOf(socket),
    ),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  bench.add(async () => {
    broker.shutDown();
    await new Promise((resolve) => server.close(resolve));
    store.close();
  });
  return { broker, port };
}

/** A client with a kept session that sends no SUBSCRIBE. It records its messages. */
async function silentClient(station: Station, uid: string): Promise<MqttClient & { readonly got: string[] }> {
  const password = localPassword(station.localKey, uid);
  const login = { clientId: uid, username: uid, password, clean: false, resubscribe: false };
  const got: string[] = [];
  // The listener must be there before CONNACK: kept messages come directly behind it.
  const client = await bench.mqtt(station.mqttPort, login, (topic, payload, { retain }) =>
    got.push(
      `${topic.split("/")[2]} ${retain ? "retained " : ""}${payload.toString("latin1").replace(/^.*"co":"|".*$/gs, "")}`,
    ),
  );
  return Object.assign(client, { got });
}

function messageOf(sender: string, text: string): Buffer {
  const contents = [encodeText(text, { id: text })];
  return Buffer.from(encodeMessage({ timestampSeconds: 0, imType: IM_TYPE.pointToPoint, contents, sender }));
}

describe("the sequence of figure 3", () => {
  it("goes step by step, once for each client", async () => {
    const steps: string[] = [];
    const data = bench.folder();
    const { accounts, directory, localKey } = await openAccess(data);
    await directory.addPerson({ name: "bob" });
    await directory.addDevice({ uid: "bob-1", owner: "bob" });
    await directory.addDevice({ uid: "pager-7", contacts: ["bob-1"] });
    await directory.addGroup({ uid: "night", members: ["pager-7"] });
    const { broker, port } = await startBroker(data, accounts, directory);
    const app = fastify();
    app.addHook("onSend", async (request, _reply, payload) => {
      steps.push(
        `directory: ${request.method} ${request.url} ${JSON.stringify(request.body)}`,
        `directory: ${payload}`,
      );
    });
    addAuthentication(app, accounts, new Sessions(), new LoginGuard(accounts));
    addPresubscriptionRoutes(app, "field", directory);
    const directoryUrl = await app.listen({ host: "127.0.0.1", port: 0 });
    bench.add(() => app.close());

    const presubscriberPort = await recordingProxy(port, (direction, packet) => {
      if (packet.cmd === "publish") {
        const payload = packet.payload as Buffer;
        const shown = direction === "<" ? payload.toString() : payload.toString("hex");
        steps.push(`pre-subscriber ${direction} PUBLISH ${packet.topic} ${shown}`);
      } else if (packet.cmd === "puback" || packet.cmd === "connack")
        steps.push(`pre-subscriber ${direction} ${packet.cmd.toUpperCase()}`);
    });
    const presubscriber = new Presubscriber({
      host: "127.0.0.1",
      port: presubscriberPort,
      password: localPassword(localKey, PRESUBSCRIBER_NAME),
      directoryUrl,
      directoryToken: localToken(localKey),
      onLog: (line) => steps.push(line),
    });
    bench.add(() => presubscriber.close());
    await until("the pre-subscriber", () => steps.includes("pre-subscriber < CONNACK"));
    steps.length = 0;

    const devicePort = await recordingProxy(port, (direction, { cmd, ...packet }) => {
      const present =
        cmd === "connack" ? ` session ${"sessionPresent" in packet && packet.sessionPresent ? "present" : "new"}` : "";
      steps.push(`client ${direction} ${cmd.toUpperCase()}${present}`);
    });
    const login = {
      clientId: "pager-7",
      username: "pager-7",
      password: localPassword(localKey, "pager-7"),
      clean: false,
    };
    const client = await bench.mqtt(devicePort, login);
    const topics = ["im/pager-7", "page/pager-7", "cmd/pager-7", "raster/pager-7/reply", "im/night", "pres/bob-1"].map(
      (end) => `/field/${end}`,
    );
    const presubscription = encodePresubscription({
      uid: "pager-7",
      topics: topics.map((topicFilter) => ({ topicFilter, qos: 1 })),
    });
    await until("the last step", () => steps.length >= 8);
    expect(steps.slice(0, 5)).toEqual([
      "client > CONNECT",
      "pre-subscriber < PUBLISH /connect/new pager-7",
      'directory: POST /presubscriptions {"client_uid":"pager-7"}',
      `directory: pager-7-<sub>-1-${topics.join()}\n`,
      `pre-subscriber > PUBLISH /connect/presub ${Buffer.from(presubscription).toString("hex")}`,
    ]);
    // Both sides get their answer at the same time, each on its own connection.
    expect(steps.slice(5).sort()).toEqual([
      "client < CONNACK session present",
      "pre-subscriber < PUBACK",
      "pre-subscriber > PUBACK",
    ]);
    expect(broker.subscriptionsOf("pager-7")).toEqual([...topics].sort());
    await client.endAsync();
    steps.length = 0;
    await bench.mqtt(devicePort, login);
    expect(steps, "nobody is asked again").toEqual(["client > CONNECT", "client < CONNACK session present"]);
  });
});

describe("a client that never subscribes", () => {
  it("gets its own messages, those of its groups and the presence of its contacts from its first connection on", async () => {
    const station = await bench.station({ anonymous: false });
    const { directory } = station;
    await directory.addDevice({ uid: "bob-1" });
    await directory.addDevice({ uid: "pager-7", contacts: ["bob-1"] });
    await directory.addGroup({ uid: "night", members: ["pager-7", "bob-1"] });
    const bob = await silentClient(station, "bob-1");
    await bob.publishAsync("/field/pres/bob-1", Buffer.from("Q"), { qos: 1, retain: true });
    const client = await silentClient(station, "pager-7");
    await until("the presence that was there before", () => client.got.includes("pres retained Q"));
    await bob.publishAsync("/field/im/pager-7", messageOf("bob-1", "live"), { qos: 1 });
    await bob.publishAsync("/field/im/night", messageOf("bob-1", "to the group"), { qos: 1 });
    await until("both", () => client.got.includes("im live") && client.got.includes("im to the group"));
    await client.endAsync();
    await bob.publishAsync("/field/im/pager-7", messageOf("bob-1", "offline"), { qos: 1 });
    await bob.publishAsync("/field/pres/bob-1", Buffer.from("S"), { qos: 1, retain: true });
    const again = await silentClient(station, "pager-7");
    await until("what was kept", () => again.got.includes("im offline") && again.got.includes("pres S"));
  });

  it("gets the push that waited for its first connection", async () => {
    const station = await bench.station();
    const { answer } = await postPush(station.url, { to: "pager-7", text: "waited" });
    expect(answer.error).toBeUndefined();
    const client = await silentClient(station, "pager-7");
    await until("the push", () => client.got.includes("im waited"));
  });

  it("keeps what it has subscribed to otherwise or taken back itself, also when the directory adds something", async () => {
    const station = await bench.station({ anonymous: false });
    const { directory } = station;
    for (const uid of ["bob-1", "pager-7"])
      await directory.addDevice({ uid, contacts: uid === "bob-1" ? [] : ["bob-1"] });
    const client = await silentClient(station, "pager-7");
    const qosOf: number[] = [];
    client.on("message", (_topic, _payload, { qos }) => qosOf.push(qos));
    expect((await client.subscribeAsync("/field/im/pager-7", { qos: 0 }))[0]?.qos).toBe(0);
    await client.unsubscribeAsync("/field/pres/bob-1");
    await directory.addGroup({ uid: "night", members: ["pager-7", "bob-1"] });
    const bob = await silentClient(station, "bob-1");
    await until("the group", async () => {
      await bob.publishAsync("/field/im/night", messageOf("bob-1", "to the group"), { qos: 1 });
      return client.got.includes("im to the group");
    });
    qosOf.length = 0;
    await bob.publishAsync("/field/pres/bob-1", Buffer.from("Q"), { qos: 1, retain: true });
    await bob.publishAsync("/field/im/pager-7", messageOf("bob-1", "for it"), { qos: 1 });
    await until("its own message", () => client.got.includes("im for it"));
    expect(qosOf.at(-1)).toBe(0);
    await client.endAsync();
    const again = await silentClient(station, "pager-7");
    await bob.publishAsync("/field/im/pager-7", messageOf("bob-1", "the end"), { qos: 1 });
    await until("the end", () => again.got.includes("im the end"));
    expect([...client.got, ...again.got].filter((text) => text.startsWith("pres"))).toEqual([]);
  });

  it("gets groups and contacts that the directory adds later, connected or away", async () => {
    const station = await bench.station({ anonymous: false });
    const { directory } = station;
    const [here, away, sender] = await Promise.all(["here", "away", "sender"].map((uid) => silentClient(station, uid)));
    await away?.endAsync();
    await directory.addGroup({ uid: "night", members: ["here", "away", "sender"] });
    await until("the group for who is here", async () => {
      await sender?.publishAsync("/field/im/night", messageOf("sender", "hello"), { qos: 1 });
      return here?.got.includes("im hello");
    });
    let round = 0;
    await until("the group for who is away", async () => {
      round += 1;
      await sender?.publishAsync("/field/im/night", messageOf("sender", "later"), { qos: 1 });
      const back = await silentClient(station, "away");
      await sender?.publishAsync("/field/im/away", messageOf("sender", `end ${round}`), { qos: 1 });
      await until("the end of what was kept", () => back.got.includes(`im end ${round}`));
      await back.endAsync();
      return back.got.includes("im later");
    });
  });

  it("may be a pager of ours with `broker.subscribe=no`", async () => {
    const station = await bench.station();
    const packets: string[] = [];
    const port = await recordingProxy(station.mqttPort, (direction, { cmd }) => packets.push(`${direction} ${cmd}`));
    const pager = bench.pager(port, "pager-7", {
      settings: { ...localLogin(station.localKey, "pager-7"), "broker.subscribe": "no", "screen.dwell": 0 },
    });
    await until("online", () => pager.screens.at(-1)?.[0]?.includes("online"));
    await postPush(station.url, { to: "pager-7", text: "without asking" });
    await until("it", () => pager.screens.at(-1)?.join(" ").includes("without asking"));
    expect(packets).not.toContain("> subscribe");
    expect(packets).toContain("< connack");
  });
});

describe("the pre-subscriber", () => {
  it("is the only one whose pre-subscriptions are accepted, and nobody else can have its name", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const station = await bench.station({ anonymous: true });
    const topics = [{ topicFilter: "/field/im/victim", qos: 1 }] as const;
    const payload = Buffer.from(encodePresubscription({ uid: "thief", topics }));
    const { password } = await station.accounts.create({ name: "root", kind: "program", isAdmin: true });
    const forgers = [
      await bench.mqtt(station.mqttPort, { clientId: "root", username: "root", password }),
      await bench.mqtt(station.mqttPort, { clientId: "anybody" }),
      await silentClient(station, "thief"),
    ];
    for (const forger of forgers) await forger.publishAsync("/connect/presub", payload, { qos: 1 });
    const thief = await silentClient(station, "thief");
    const sender = await bench.mqtt(station.mqttPort);
    await sender.publishAsync("/field/im/victim", "secret", { qos: 1 });
    await sender.publishAsync("/field/im/thief", "the end", { qos: 1 });
    await until("the end", () => thief.got.includes("im the end"));
    expect(thief.got).toEqual(["im the end"]);
    await expect(bench.mqtt(station.mqttPort, { clientId: PRESUBSCRIBER_NAME })).rejects.toMatchObject({ code: 2 });
    await expect(station.accounts.create({ name: PRESUBSCRIBER_NAME, kind: "program" })).rejects.toThrow(
      PRESUBSCRIBER_NAME,
    );
  });

  it("delays nobody if its question cannot be stored: the client is let in and may subscribe itself", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const data = bench.folder();
    const { accounts, directory, localKey } = await openAccess(data);
    const { broker, port } = await startBroker(data, accounts, directory);
    vi.spyOn(broker, "publish").mockRejectedValueOnce(new Error("the disk refuses"));
    const beganMs = performance.now();
    const client = await silentClient({ mqttPort: port, localKey } as Station, "pager-7");
    expect(performance.now() - beganMs).toBeLessThan(PRESUBSCRIPTION_WAIT_MS);
    expect(log.mock.calls.flat()).toEqual(["pre-subscription of pager-7: the disk refuses"]);
    await client.subscribeAsync("/field/im/pager-7", { qos: 1 });
    await (await bench.mqtt(port)).publishAsync("/field/im/pager-7", "now", { qos: 1 });
    await until("a message", () => client.got.includes("im now"));
  });

  it("asks until the directory answers; the client is served meanwhile, and gets its subscriptions afterwards", async () => {
    const data = bench.folder();
    const { accounts, directory, localKey } = await openAccess(data);
    const { broker, port } = await startBroker(data, accounts, directory);
    let isAway = true;
    const app = fastify();
    app.addHook("onRequest", async (_request, reply) => (isAway ? reply.code(503).send("later") : undefined));
    addAuthentication(app, accounts, new Sessions(), new LoginGuard(accounts));
    addPresubscriptionRoutes(app, "field", directory);
    const directoryUrl = await app.listen({ host: "127.0.0.1", port: 0 });
    bench.add(() => app.close());
    const log: string[] = [];
    const options = {
      host: "127.0.0.1",
      port,
      password: localPassword(localKey, PRESUBSCRIBER_NAME),
      directoryUrl,
      directoryToken: localToken(localKey),
      onLog: (line: string) => log.push(line),
    };
    const presubscriber = new Presubscriber(options);
    bench.add(() => presubscriber.close());
    const station = { mqttPort: port, localKey } as Station;
    const client = await silentClient(station, "pager-7");
    await until("a try that fails", () => log.some((line) => line.includes("503")));
    isAway = false;
    await until("the subscriptions", () => broker.hasReceiver("/field/im/pager-7"));
    const sender = await bench.mqtt(port);
    await until("a message", async () => {
      await sender.publishAsync("/field/im/pager-7", "now", { qos: 1 });
      return client.got.includes("im now");
    });
  });

  it("needs the directory's token: nobody else may read groups and contacts", async () => {
    const station = await bench.station();
    const ask = (token: string, uid: unknown) =>
      fetch(`${station.url}/presubscriptions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({ client_uid: uid }),
      });
    expect((await ask("wrong", "pager-1")).status).toBe(401);
    expect((await ask(localToken(station.localKey), "a/b")).status).toBe(400);
    expect((await ask(localToken(station.localKey), 5)).status).toBe(400);
    const right = await ask(station.firstStart?.token ?? "", "pager-1");
    expect(await right.text()).toBe(
      "pager-1-<sub>-1-/field/im/pager-1,/field/page/pager-1,/field/cmd/pager-1,/field/raster/pager-1/reply\n",
    );
    await station.accounts.create({ name: "script", kind: "program" });
    expect((await ask(await station.accounts.issueToken("script", "x"), "pager-1")).status).toBe(403);
  });
});
