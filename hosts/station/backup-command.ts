/** The commands `npm run backup -- <file>` and `npm run restore -- <file>`. */
import { parseFlags } from "../node/flags.ts";
import { DATA_DEFAULT } from "./station-defaults.ts";
import { BackupError, backUp, restore } from "./store/backup.ts";

const USAGE = `Usage: npm run backup -- <file> [--data DIR]
       npm run restore -- <file> [--data DIR]
  <file>      one file with everything that the station keeps; passwords are in it as hashes, its local key as it is
  --data DIR  folder of the station (${DATA_DEFAULT}). A backup may be made while it runs; restore wants one without a station`;

function main([command = "", ...args]: readonly string[]): void {
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
  else restore(file, data);
  console.log(command === "backup" ? `${data} is in ${file} now` : `${file} is in ${data} now: start the station`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof BackupError ? error.message : error);
  process.exitCode = 1;
}
