/** A broker as a process of its own: `server-main.ts <file> [port]`. It prints its port, and when its store refuses and is sound again. */
import { createServer } from "node:net";
import { MqttServer } from "../../../../hosts/station/mqtt-server/mqtt-server.ts";
import { StationStore } from "../../../../hosts/station/store/station-store.ts";

const [file = "", port = "0"] = process.argv.slice(2);
const mqtt = new MqttServer({
  store: new StationStore(file).broker,
  limits: { storeRetryMs: 100, inflightMax: 1_000 },
  onStore: (problem) => console.log(problem === undefined ? "sound" : `refused: ${problem}`),
});
const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => mqtt.accept(socket));
server.listen(Number(port), "127.0.0.1", () => console.log(`port ${(server.address() as { port: number }).port}`));
