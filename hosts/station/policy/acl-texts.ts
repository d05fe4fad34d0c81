/** The access rules of other brokers, in the words of each. What a broker cannot say stands at the head of its text. */
import type { Grant } from "./broker-grants.ts";

export type AclBroker = "mosquitto" | "rabbitmq" | "nats";

const SAME_FOR_ALL = [
  "Made from the station's policy. Make it anew when people, devices or groups have changed.",
  "What no broker but the station's own can tell: who writes to /…/im/… may name another one as its sender, and what is retained is not",
  "bound to what tells of the client itself. No password is printed: each name below needs a login at the broker. Those of an LDAP server",
  "may come from there where the broker can ask it; the station knows none of them.",
];
/** Characters of names in one line of a head. */
const LINE_CHARACTERS = 120;

/** Names of clients that a broker cannot have. */
function leftOut(grants: readonly Grant[], isKept: (name: string) => boolean): readonly string[] {
  const names = grants.map(({ name }) => name).filter((name) => !isKept(name));
  const lines: string[] = [];
  for (const name of names) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + name.length < LINE_CHARACTERS) lines[lines.length - 1] = `${line}, ${name}`;
    else lines.push(`Left out: ${name}`);
  }
  return lines;
}

export function aclText(broker: AclBroker, grants: readonly Grant[]): string {
  return ACL_TEXTS[broker](grants);
}

const ACL_TEXTS: Readonly<Record<AclBroker, (grants: readonly Grant[]) => string>> = Object.freeze({
  mosquitto,
  rabbitmq,
  nats,
});

/** mosquitto.conf(5): `acl_file`. */
function mosquitto(grants: readonly Grant[]): string {
  const head = [
    ...SAME_FOR_ALL,
    "For mosquitto: acl_file names this file, and password_file the names below. mosquitto lets everyone subscribe to everything, and",
    "delivers only what is allowed.",
  ];
  const users = grants.map(({ name, publish, subscribe }) =>
    [
      `user ${name}`,
      ...publish.map((topic) => `topic write ${topic}`),
      ...subscribe.map((topic) => `topic read ${topic}`),
    ].join("\n"),
  );
  return `${head.map((line) => `# ${line}`).join("\n")}\n\n${users.join("\n\n")}\n`;
}

/** Commands for `rabbitmqctl`. A topic is a routing key there: dots for slashes, `*` for `+`. */
function rabbitmq(grants: readonly Grant[]): string {
  const head = [
    ...SAME_FOR_ALL,
    "For RabbitMQ: commands of a shell. Each user has been made with rabbitmqctl add_user. A client identifier is the name of its user.",
    "A dot in a name is a slash to RabbitMQ: such a client may do what another one may, and is left out.",
    ...leftOut(grants, isWithoutDot),
  ];
  const commands = grants
    .filter(({ name }) => isWithoutDot(name))
    .flatMap(({ name, publish, subscribe }) => {
      const user = shellWord(name);
      const queue = `mqtt-subscription-${regexOf(name)}qos[01]`;
      const resources = shellWord(`^(${queue}|amq\\.topic)$`);
      const keys = (topics: readonly string[]) =>
        shellWord(topics.length > 0 ? `^(${topics.filter(isWithoutDot).map(routingKeyOf).join("|")})$` : "^$");
      return [
        `rabbitmqctl set_permissions -p / ${user} ${shellWord(`^${queue}$`)} ${resources} ${resources}`,
        `rabbitmqctl set_topic_permissions -p / ${user} amq.topic ${keys(publish)} ${keys(subscribe)}`,
      ];
    });
  return `${head.map((line) => `# ${line}`).join("\n")}\n${commands.join("\n")}\n`;
}

/** A part of a configuration of `nats-server`. A topic is a subject there. */
function nats(grants: readonly Grant[]): string {
  const head = [
    ...SAME_FOR_ALL,
    "For NATS: nats-server.conf includes this file. The passwords are variables of the configuration or of its environment.",
    "A subject has no dot and no space in a level: what has one cannot be said, and is left out.",
    ...leftOut(grants, isSubjectLevel),
  ];
  const users = grants
    .filter(({ name }) => isSubjectLevel(name))
    .map(({ name, publish, subscribe }) => {
      // The server's own subjects for MQTT: sessions, acknowledgements, what is retained.
      const list = (topics: readonly string[]) =>
        ["$MQTT.>", ...topics.filter((topic) => topic.split("/").every(isSubjectLevel)).flatMap(subjectsOf)]
          .map((subject) => JSON.stringify(subject))
          .join(", ");
      const permissions = `publish: { allow: [${list(publish)}] }, subscribe: { allow: [${list(subscribe)}] }`;
      return `    { user: ${JSON.stringify(name)}, password: $${natsPasswordVariable(name)}, permissions: { ${permissions} } }`;
    });
  return `${head.map((line) => `# ${line}`).join("\n")}\nauthorization {\n  users: [\n${users.join("\n")}\n  ]\n}\n`;
}

/** The variable of NATS's configuration that holds a user's password: letters, digits and `_`, any other character as its number. */
export function natsPasswordVariable(name: string): string {
  return `PASSWORD_${[...name].map((each) => (/[A-Za-z0-9]/.test(each) ? each : `_${each.codePointAt(0)}_`)).join("")}`;
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function isWithoutDot(topic: string): boolean {
  return !topic.includes(".");
}

function isSubjectLevel(level: string): boolean {
  return !/[.\s*>]/.test(level);
}

function regexOf(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** A regular expression for the routing keys of a filter, and for the binding key of the filter itself. */
function routingKeyOf(filter: string): string {
  return filter
    .split("/")
    .map((level) => (level === "+" ? "[^.]+" : level === "#" ? ".*" : regexOf(level)))
    .join("\\.");
}

/** A slash at the beginning is a level of its own. What ends with `#` stands for the topic before it, too, which is another subject. */
function subjectsOf(filter: string): readonly string[] {
  const levels = filter.split("/").map((level) => (level === "+" ? "*" : level === "#" ? ">" : level));
  if (levels[0] === "") levels[0] = "/";
  return levels.at(-1) === ">" ? [levels.join("."), levels.slice(0, -1).join(".")] : [levels.join(".")];
}
