/** A broker in its own process. `broker-processes.ts` starts it. Accounts and directory belong to the station beside it. */
import { unwatchFile, watchFile } from "node:fs";
import { join } from "node:path";
import { LOCAL_KEY_FILE, readLocalKey } from "../../node/local-key.ts";
import { Accounts } from "../access/accounts.ts";
import { ClientGate } from "../access/client-gate.ts";
import { ACCOUNTS_FILE, DIRECTORY_FILE } from "../access/open-access.ts";
import { TopicRules } from "../access/topic-rules.ts";
import { StationBroker } from "../broker.ts";
import { BrokerView } from "../broker-view.ts";
import { Directory } from "../directory/directory.ts";
import { directorySource } from "../directory/directory-source.ts";
import { listenMqtt } from "../mqtt-listener.ts";
import { Presubscriptions } from "../presubscription/presubscriptions.ts";
import { FILES_LOOKED_AT_MS } from "../station-limits.ts";
import { BROKER_OPTIONS_VARIABLE, type BrokerProcessOptions, type FromBroker } from "./broker-messages.ts";
import { answerOthers } from "./connection-lookup.ts";

async function main(options: BrokerProcessOptions): Promise<void> {
  const { data, env, redis, anonymous } = options;
  const tell = (message: FromBroker) => process.send?.(message);
  const accountsFile = join(data, ACCOUNTS_FILE);
  const accounts = new Accounts(accountsFile, readLocalKey(join(data, LOCAL_KEY_FILE)) ?? "");
  const directory = await Directory.open(directorySource(join(data, DIRECTORY_FILE), options.ldap));
  // The station changes these files, and they are read again. A file is replaced as a whole, so it is never half written.
  const follow = (path: string, read: () => unknown) =>
    watchFile(path, { interval: FILES_LOOKED_AT_MS, persistent: false }, async () => {
      try {
        await read();
      } catch (error) {
        console.error(`broker: ${error instanceof Error ? error.message : error}`);
      }
    });
  follow(accountsFile, () => accounts.reload());
  if (directory.isWritable) follow(join(data, DIRECTORY_FILE), () => directory.refresh());
  const gate = new ClientGate({
    accounts,
    rules: new TopicRules(env, directory, accounts),
    isAnonymousAllowed: anonymous,
    onLocalDevice: async (uid) => {
      if (!directory.device(uid)) tell({ localDevice: uid });
    },
  });
  const broker = await StationBroker.join(redis, gate);
  broker.presubscriptions = new Presubscriptions(broker);
  answerOthers(broker, new BrokerView(broker));
  const listener = await listenMqtt(options, (socket) => broker.accept(socket));
  const end = async () => {
    unwatchFile(accountsFile);
    await listener.close();
    await broker.shutDown();
    await directory.close();
    process.exit(0);
  };
  process.on("message", (message) => message === "close" && void end());
  // A signal of the terminal reaches every process. A broker ends when the station says so, or when the station has ended.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  process.on("disconnect", () => process.exit(0));
  tell({ mqttPort: listener.mqttPort, mqttsPort: listener.mqttsPort });
}

main(JSON.parse(process.env[BROKER_OPTIONS_VARIABLE] ?? "{}")).catch((error: NodeJS.ErrnoException) => {
  process.send?.({ code: error.code, error: error.message } satisfies FromBroker);
  console.error(`broker: ${error.message}`);
  process.exitCode = 1;
  process.disconnect?.();
});
