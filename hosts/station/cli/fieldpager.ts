/** The program `fieldpager`: the first word of its command line says which command. */
import { backup, restore } from "./backup.ts";
import { decode } from "./decode.ts";
import { push } from "./push.ts";
import { start } from "./start.ts";
import { station } from "./station.ts";
import { fail } from "./station-flags.ts";

const COMMANDS: Readonly<Record<string, readonly [run: (args: readonly string[]) => unknown, words: string]>> =
  Object.freeze({
    start: [start, "a station and a pager in this terminal, to try everything without hardware"],
    station: [station, "broker, push service and console"],
    push: [push, "sends a push and prints its receipts"],
    decode: [decode, "says in words what a payload holds"],
    backup: [backup, "writes all that a station keeps into one file"],
    restore: [restore, "makes the data folder of a station from such a file"],
  });

const USAGE = `Usage: fieldpager <command> [flags]
${Object.entries(COMMANDS)
  .map(([name, [, words]]) => `  ${name.padEnd(9)} ${words}`)
  .join("\n")}
fieldpager <command> --help says more.`;

async function main([name = "", ...args]: readonly string[]): Promise<void> {
  const [run] = (Object.hasOwn(COMMANDS, name) && COMMANDS[name]) || [];
  if (run) await run(args);
  else if (name === "--help") console.log(USAGE);
  else {
    console.error(name === "" ? USAGE : `${name}: there is no such command\n${USAGE}`);
    process.exitCode = 2;
  }
}

main(process.argv.slice(2)).catch(fail);
