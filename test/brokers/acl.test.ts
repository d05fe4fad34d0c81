/** What `fieldpager acl` prints lets in what the policy lets in, and refuses what it refuses: each client at each topic. */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { Directory } from "../../hosts/station/directory/directory.ts";
import { directorySource } from "../../hosts/station/directory/directory-source.ts";
import { ldapDirectory } from "../../hosts/station/directory/ldap-directory.ts";
import { ACCOUNTS_FILE, DIRECTORY_FILE } from "../../hosts/station/directory/open-access.ts";
import { Accounts } from "../../hosts/station/identity/accounts.ts";
import { aclText, natsPasswordVariable } from "../../hosts/station/policy/acl-texts.ts";
import { grantsOf } from "../../hosts/station/policy/broker-grants.ts";
import { type Identity, TOPIC_RULES, TopicRules } from "../../hosts/station/policy/topic-rules.ts";
import { encodeText } from "../../src/payload/content.ts";
import { discoveryTopic } from "../../src/payload/discovery.ts";
import { encodeMessage, IM_TYPE } from "../../src/payload/message.ts";
import { hasSlapd, startSlapd } from "../hosts/station/directory/slapd.ts";
import { ROOT, StationBench, until } from "../hosts/station/harness.ts";
import { requireOrSkip } from "../require.ts";
import { findMosquitto } from "./mosquitto.ts";
import { findNats } from "./nats.ts";
import { findProgram, type Server, startServer } from "./server-process.ts";

const PASSWORD = "a-password";
const UIDS = ["anna-1", "anna", "wall", "night", "station", "nobody"];
const TOPICS = [
  ...Object.keys(TOPIC_RULES).flatMap((pattern) => UIDS.map((uid) => `/field/${pattern.replace("+", uid)}`)),
  discoveryTopic("homeassistant", "anna-1"),
  "homeassistant/status",
  "/field/secrets/anna-1",
  "/other/im/anna-1",
];

const bench = new StationBench();
const data = bench.folder();
let rules: TopicRules;
let identities: readonly Identity[];

beforeAll(async () => {
  const accounts = new Accounts(join(data, ACCOUNTS_FILE));
  const directory = await Directory.open(directorySource(join(data, DIRECTORY_FILE), undefined));
  bench.add(() => directory.close());
  for (const name of ["anna", "bob"]) {
    await accounts.create({ name, kind: "person" });
    await directory.addPerson({ name });
  }
  await accounts.createAdmin("admin", "made by the test");
  await accounts.create({ name: "ha", kind: "program" });
  await accounts.create({ name: "anna-1", kind: "device" });
  await directory.addDevice({ uid: "anna-1", owner: "anna" });
  await directory.addDevice({ uid: "wall" });
  await directory.addGroup({ uid: "night", members: ["bob"] });
  await directory.updatePerson({ name: "anna", contacts: ["wall"] });
  rules = new TopicRules("field", directory, accounts);
  const kinds = {
    "anna-1": "device",
    wall: "device",
    anna: "person",
    bob: "person",
    admin: "person",
    ha: "program",
  } as const;
  identities = Object.entries(kinds).map(([uid, kind]) => ({ uid, kind, isAdmin: uid === "admin", hasAccount: true }));
});
afterAll(() => bench.end());

const messageOf = (sender: string) =>
  encodeMessage({ timestampSeconds: 0, imType: IM_TYPE.pointToPoint, contents: [encodeText("x", {})], sender });

/** What the policy says, as lines "client topic". */
function wanted(direction: "publish" | "subscribe"): string[] {
  return identities.flatMap((who) =>
    TOPICS.filter((topic) =>
      direction === "publish"
        ? rules.whyNotPublish(who, topic, messageOf(who.uid)) === undefined
        : rules.whyNotSubscribe(who, topic) === undefined,
    ).map((topic) => `${who.uid} ${topic}`),
  );
}

async function printed(broker: string): Promise<string> {
  const program = bench.program("hosts/station/cli/fieldpager.ts acl", [broker, "--data", data]);
  expect((await program.ended).status, program.stderr).toBe(0);
  return program.stdout;
}

/** Tries every client at every topic, and returns what gets through. */
async function found(port: number): Promise<{ publish: string[]; subscribe: string[] }> {
  const open = async (username: string): Promise<MqttClient> => {
    const client = await connectAsync({
      host: "127.0.0.1",
      port,
      username,
      password: PASSWORD,
      clientId: username,
      reconnectPeriod: 0,
      // A broker may end the connection for what is not allowed.
      resubscribe: false,
    });
    client.on("error", () => {});
    bench.add(() => client.endAsync(true));
    return client;
  };
  const station = await open("station");
  const publish = new Set<string>();
  const subscribe = new Set<string>();
  let settled = "";
  station.on("message", (topic, payload) => {
    if (topic === "/field/probe/station") settled = payload.toString();
    else if (TOPICS.includes(topic)) publish.add(`${payload} ${topic}`);
  });
  await station.subscribeAsync(["/field/#", "homeassistant/#"], { qos: 1 });
  const settle = async (mark: string) => {
    await station.publishAsync("/field/probe/station", mark, { qos: 1 });
    await until(mark, () => settled === mark);
  };
  const clients: MqttClient[] = [];
  for (const { uid } of identities) {
    const client = await open(uid);
    clients.push(client);
    for (const topic of TOPICS) if (topic !== "/field/probe/station") client.publish(topic, uid, { qos: 0 });
    // Behind it all others have come.
    if (
      rules.whyNotPublish(
        { uid, kind: "device", isAdmin: false, hasAccount: true },
        `/field/tele/${uid}`,
        Buffer.of(),
      ) === undefined
    )
      await client.publishAsync(`/field/tele/${uid}`, uid, { qos: 1 });
  }
  await settle("published");
  station.removeAllListeners("message");
  station.on("message", (topic, payload) => {
    if (topic === "/field/probe/station") settled = payload.toString();
  });
  for (const [index, client] of clients.entries()) {
    const uid = identities[index]?.uid ?? "";
    client.on("message", (topic, payload) => {
      if (payload.toString() === "heard") subscribe.add(`${uid} ${topic}`);
    });
    for (const topic of TOPICS) await client.subscribeAsync(topic, { qos: 0 }).catch(() => undefined);
  }
  for (const topic of TOPICS) if (topic !== "/other/im/anna-1") await station.publishAsync(topic, "heard", { qos: 1 });
  await settle("delivered");
  const all = wanted("subscribe");
  await until("what everyone may read", () => all.every((line) => subscribe.has(line)), 5_000).catch(() => undefined);
  return { publish: [...publish].sort(), subscribe: [...subscribe].sort() };
}

describe.runIf(
  requireOrSkip("mosquitto", findMosquitto() !== undefined && findProgram("mosquitto_passwd") !== undefined),
)("mosquitto with exactly what is printed", () => {
  it("lets everyone do what the policy says, and nothing else", async () => {
    const text = await printed("mosquitto");
    const server = await startServer("mosquitto", 1, (folder, [port]) => {
      const file = (name: string, content: string) => {
        writeFileSync(join(folder, name), content, { mode: 0o600 });
        return join(folder, name);
      };
      const users = ["station", ...identities.map(({ uid }) => uid)];
      const passwords = file("passwords", users.map((name) => `${name}:${PASSWORD}\n`).join(""));
      execFileSync(findProgram("mosquitto_passwd") ?? "", ["-U", passwords]);
      const lines = [
        `listener ${port} 127.0.0.1`,
        "allow_anonymous false",
        `password_file ${passwords}`,
        `acl_file ${file("acl", text)}`,
        "log_dest stderr",
        ...(process.getuid?.() === 0 ? ["user root"] : []),
      ];
      return { program: findMosquitto() ?? "", args: ["-c", file("mosquitto.conf", `${lines.join("\n")}\n`)] };
    });
    bench.add(() => server.stop());
    const { publish, subscribe } = await found(server.ports[0] as number);
    expect(publish).toEqual(wanted("publish").sort());
    expect(subscribe).toEqual(wanted("subscribe").sort());
  });
});

describe.runIf(requireOrSkip("nats", findNats() !== undefined))("NATS with exactly what is printed", () => {
  it("lets everyone do what the policy says, and nothing else", async () => {
    const text = await printed("nats");
    const users = ["station", ...identities.map(({ uid }) => uid)];
    const env = Object.fromEntries(users.map((name) => [natsPasswordVariable(name), PASSWORD]));
    const server: Server = await startServer("nats", 2, (folder, [mqttPort, natsPort]) => {
      mkdirSync(join(folder, "store"), { recursive: true });
      writeFileSync(join(folder, "acl.conf"), text);
      const path = join(folder, "nats.conf");
      writeFileSync(
        path,
        `host: 127.0.0.1\nport: ${natsPort}\nserver_name: fieldpager\njetstream { store_dir: ${JSON.stringify(join(folder, "store"))} }\n` +
          `mqtt { host: 127.0.0.1, port: ${mqttPort} }\ninclude ./acl.conf\n`,
      );
      return { program: findNats() ?? "", args: ["-c", path], env };
    });
    bench.add(() => server.stop());
    const { publish, subscribe } = await found(server.ports[0] as number);
    expect(publish).toEqual(wanted("publish").sort());
    expect(subscribe).toEqual(wanted("subscribe").sort());
  });
});

it("RabbitMQ's expressions fit the routing keys of what the policy allows, and no others", async () => {
  const text = await printed("rabbitmq");
  const got = { publish: [] as string[], subscribe: [] as string[] };
  // As a shell reads the commands.
  const { stdout } = await promisify(execFile)("sh", ["-c", `rabbitmqctl() { printf '%s\\n' "$@" END; }\n${text}`], {
    cwd: ROOT,
  });
  for (const command of stdout.split("END\n")) {
    const [what, , , user = "", , write = "", read = ""] = command.split("\n");
    if (what !== "set_topic_permissions" || user === "station") continue;
    const fits = (expression: string) =>
      TOPICS.filter((topic) => new RegExp(expression).test(topic.replaceAll("/", "."))).map(
        (topic) => `${user} ${topic}`,
      );
    got.publish.push(...fits(write));
    got.subscribe.push(...fits(read));
  }
  expect(got.publish.sort()).toEqual(wanted("publish").sort());
  expect(got.subscribe.sort()).toEqual(wanted("subscribe").sort());
});

describe.runIf(requireOrSkip("slapd", hasSlapd()))("where people come from an LDAP server", () => {
  const LDIF = [
    "dn: uid=anna,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: anna\ncn: Anna Berg\nsn: Berg\nseeAlso: cn=wall,dc=example,dc=org",
    "dn: uid=j.doe,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: j.doe\ncn: J Doe\nsn: Doe",
    "dn: cn=anna-1,dc=example,dc=org\nobjectClass: device\ncn: anna-1\nowner: uid=anna,dc=example,dc=org",
    "dn: cn=wall,dc=example,dc=org\nobjectClass: device\ncn: wall",
    "dn: cn=night,dc=example,dc=org\nobjectClass: groupOfNames\ncn: night\nmember: uid=anna,dc=example,dc=org",
    "",
  ].join("\n\n");

  it("prints the rules of who is there now, and names whom the broker cannot have", async () => {
    const ldap = await startSlapd(bench, LDIF);
    vi.stubEnv("FIELDPAGER_LDAP_PASSWORD", ldap.bindPassword);
    onTestFinished(() => void vi.unstubAllEnvs());
    const empty = bench.folder();
    const run = async (broker: string) => {
      const flags = ["--data", empty, "--ldap", ldap.url, "--ldap-base", ldap.base, "--ldap-user", ldap.bindDn];
      const program = bench.program("hosts/station/cli/fieldpager.ts acl", [broker, ...flags]);
      return { ...(await program.ended), stdout: program.stdout, stderr: program.stderr };
    };
    const directory = await Directory.open(ldapDirectory(ldap));
    const grants = grantsOf("field", directory, new Accounts(join(empty, ACCOUNTS_FILE)), "station");
    await directory.close();
    expect(grants.map(({ name }) => name)).toEqual(["station", "anna", "anna-1", "j.doe", "wall"]);
    for (const broker of ["mosquitto", "rabbitmq", "nats"] as const) {
      const { status, stdout, stderr } = await run(broker);
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout).toBe(aclText(broker, grants));
      // mosquitto can have any name.
      expect(stdout.includes("# Left out: j.doe\n")).toBe(broker !== "mosquitto");
      expect(stdout.includes(ldap.bindPassword)).toBe(false);
    }
    const rules = aclText("mosquitto", grants).split("\n\n");
    const ofDevice = rules.find((text) => text.startsWith("user anna-1\n"));
    for (const topic of ["im/anna-1", "im/night", "pres/wall"])
      expect(ofDevice).toContain(`topic read /field/${topic}\n`);
    expect(readdirSync(empty)).toEqual([]);
    await ldap.stop();
    const { status, stdout, stderr } = await run("mosquitto");
    expect([status === 0, stdout]).toEqual([false, ""]);
    expect(stderr).toContain(`the LDAP server ${ldap.url} gives no directory`);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
