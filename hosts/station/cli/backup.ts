/** The commands `fieldpager backup <file>` and `fieldpager restore <file>`. */
import { parseFlags } from "../../common/flags.ts";
import { DATA_DEFAULT } from "../shared/defaults.ts";
import { BackupError, backUp, restore as restoreFrom } from "../store/backup.ts";
import { called } from "./called.ts";

const USAGE = `Usage: ${called("backup")} <file> [--data DIR]
       ${called("restore")} <file> [--data DIR]
  <file>      one file with everything that the station keeps; passwords are in it as hashes, its local key as it is
  --data DIR  folder of the station (${DATA_DEFAULT}). A backup may be made while it runs; restore wants one without a station`;

export const backup = (args: readonly string[]): void => copy("backup", args);
export const restore = (args: readonly string[]): void => copy("restore", args);

/** Sets the exit status of the process. */
function copy(command: "backup" | "restore", args: readonly string[]): void {
  try {
    run(command, args);
  } catch (error) {
    console.error(error instanceof BackupError ? error.message : error);
    process.exitCode = 1;
  }
}

function run(command: "backup" | "restore", args: readonly string[]): void {
  const { values, words, errors } = parseFlags(args, ["data"], ["help"]);
  const [file] = words;
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (errors.length > 0 || file === undefined || words.length > 1) {
    for (const line of errors) console.error(line);
    console.error(USAGE);
    process.exitCode = 2;
    return;
  }
  const data = values.data ?? DATA_DEFAULT;
  if (command === "backup") backUp(data, file);
  else restoreFrom(file, data);
  console.log(command === "backup" ? `${data} is in ${file} now` : `${file} is in ${data} now: start the station`);
}
