/** The command `npm run pager`: a pager in a terminal. Its flags are the settings, and `--data DIR`. */
import { join } from "node:path";
import { hostOf } from "../../src/gateway/setting.ts";
import { SETTINGS } from "../../src/gateway/settings.ts";
import { describeError } from "../common/describe-error.ts";
import { whenAskedToEnd } from "../common/ending.ts";
import { FileStore } from "../common/file-store.ts";
import { parseFlags } from "../common/flags.ts";
import { LOCAL_KEY_FILE, localPassword, readLocalKey } from "../common/local-key.ts";
import { isLoopback } from "../common/loopback.ts";
import { type Pager, SettingsError, startPager } from "./pager.ts";
import { readKeys, terminalLog, terminalScreen } from "./terminal.ts";

/** `npm start` uses `pager-1`. Two clients with one uid disconnect each other, so this is another one. */
const UID_DEFAULT = "pager-2";
const USAGE = `Usage: npm run pager -- [--uid ${UID_DEFAULT}] [--broker.host 127.0.0.1] [--broker.port 1883] [--data DIR] …
Without broker.userName it logs in to a station of this machine with the station's key, --local-key .fieldpager/${LOCAL_KEY_FILE}.
Settings: ${Object.keys(SETTINGS).join(", ")}
Keys: a older, b open or acknowledge, c newer, Ctrl-C ends.`;

function main(args: readonly string[]): void {
  const flags = parseFlags(args, [...Object.keys(SETTINGS), "data", "local-key"], ["help"]);
  if (flags.values.help) {
    console.log(USAGE);
    return;
  }
  const errors = [...flags.errors, ...flags.words.map((word) => `${word}: a flag begins with --`)];
  const { data, "local-key": keyPath = join(".fieldpager", LOCAL_KEY_FILE), ...settings } = flags.values;
  const uid = (settings.uid ?? UID_DEFAULT).trim();
  if (errors.length > 0) {
    refuse(errors);
    return;
  }
  let pager: Pager;
  try {
    // A uid may hold almost any character, so it is escaped as the name of a folder.
    const folder = data ?? join(".fieldpager", "pagers", encodeURIComponent(uid));
    pager = startPager({
      settings: { ...localLogin(settings, uid, keyPath), ...settings, uid },
      store: new FileStore(folder),
      onPaint: terminalScreen(uid, process.stdout),
      onAlert: () => {
        if (process.stdout.isTTY) process.stdout.write("\u0007");
      },
      onLog: terminalLog(uid, process.stderr),
    });
  } catch (error) {
    refuse(error instanceof SettingsError ? error.problems : [describeError(error)]);
    return;
  }
  const end = whenAskedToEnd(() => {
    releaseKeys();
    void pager.stop().then(() => process.exit(0));
  });
  const releaseKeys = readKeys(process.stdin, (button) => pager.press(button), end);
}

/** The login at a station on this machine; empty for another broker, and without a key. */
function localLogin(settings: Readonly<Record<string, string>>, uid: string, keyPath: string) {
  const isHere = isLoopback(hostOf(settings["broker.host"] ?? SETTINGS["broker.host"].default) ?? "");
  const key = isHere && settings["broker.userName"] === undefined ? readLocalKey(keyPath) : undefined;
  return key === undefined ? {} : { "broker.userName": uid, "broker.password": localPassword(key, uid) };
}

function refuse(problems: readonly string[]): void {
  for (const problem of problems) console.error(problem);
  console.error("Try npm run pager -- --help");
  process.exitCode = 2;
}

main(process.argv.slice(2));
