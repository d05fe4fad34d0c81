/** The station's broker inside the test's own process, on a store in a file. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MqttServer } from "../../hosts/station/mqtt-server/mqtt-server.ts";
import { StationStore } from "../../hosts/station/store/station-store.ts";
import type { Broker } from "./broker.ts";

export async function startStationBroker(): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), "fieldpager-broker-"));
  const store = new StationStore(join(folder, "station.db"));
  const mqtt = new MqttServer({ store: store.broker });
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => mqtt.accept(socket));
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    name: "station",
    port: (server.address() as { port: number }).port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      mqtt.close();
      await closed;
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
