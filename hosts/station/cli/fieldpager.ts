/** The program `fieldpager`: the first word of its command line says which command. */
import { fail } from "./station-flags.ts";

type Run = (args: readonly string[]) => unknown;

/** Only the command that is run is loaded: the station takes far longer to load than a push. */
const COMMANDS: Readonly<Record<string, readonly [load: () => Promise<Run>, words: string]>> = Object.freeze({
  start: [
    async () => (await import("./start.ts")).start,
    "a station and a pager in this terminal, to try everything without hardware",
  ],
  station: [async () => (await import("./station.ts")).station, "broker, push service and console"],
  push: [async () => (await import("./push.ts")).push, "sends a push and prints its receipts"],
  decode: [async () => (await import("./decode.ts")).decode, "says in words what a payload holds"],
  acl: [async () => (await import("./acl.ts")).acl, "prints the access rules for mosquitto, RabbitMQ or NATS"],
  backup: [async () => (await import("./backup.ts")).backup, "writes all that a station keeps into one file"],
  restore: [async () => (await import("./backup.ts")).restore, "makes the data folder of a station from such a file"],
});

const USAGE = `Usage: fieldpager <command> [flags]
${Object.entries(COMMANDS)
  .map(([name, [, words]]) => `  ${name.padEnd(9)} ${words}`)
  .join("\n")}
fieldpager <command> --help says more.`;

async function main([name = "", ...args]: readonly string[]): Promise<void> {
  const [load] = (Object.hasOwn(COMMANDS, name) && COMMANDS[name]) || [];
  if (load) await (await load())(args);
  else if (name === "--help") console.log(USAGE);
  else {
    console.error(name === "" ? USAGE : `${name}: there is no such command\n${USAGE}`);
    process.exitCode = 2;
  }
}

main(process.argv.slice(2)).catch(fail);
