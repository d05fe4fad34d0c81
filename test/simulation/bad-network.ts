import type { Random } from "../../src/seams.ts";
import { integerBetween } from "../random.ts";
import { BrokerModel } from "./broker-model.ts";
import { Network } from "./network.ts";
import { VirtualClock } from "./virtual-clock.ts";

/**
 * A broker behind a bad network. In some runs nothing breaks or falls silent.
 * @param worst the largest shares of connections that break and that fall silent
 */
export function badNetwork(random: Random, worst: { readonly breaking: number; readonly silent: number }) {
  const chance = (share: number) => random() < share;
  const clock = new VirtualClock();
  const network = new Network(clock, random, {
    latencyMsMax: integerBetween(random, 2, 400),
    breaking: chance(0.3) ? 0 : random() * worst.breaking,
    silent: chance(0.3) ? 0 : random() * worst.silent,
  });
  const broker = new BrokerModel(clock, random, { levels: chance(0.5) ? [4] : [4, 5] });
  network.onConnection = (peer) => broker.handleConnection(peer);
  return { clock, network, broker };
}
