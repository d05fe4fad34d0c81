import { ByteReader, ByteWriter } from "../bytes.ts";
import { fnv1a, hexWord } from "../fnv.ts";
import type { LearnedInterval } from "../mqtt/interval-learner.ts";
import type { Store } from "../seams.ts";
import { encodeUtf8 } from "../utf8.ts";

/**
 * How long a network lets a connection be idle, remembered across reboots.
 *
 * | record | holds |
 * |---|---|
 * | `net-<hash of the network's name>` | 4 bytes longest that went well, 4 bytes shortest that did not (0: none), milliseconds |
 */
export class NetworkRecord {
  private readonly store: Store;
  private readonly key: string;

  constructor(store: Store, network: string) {
    this.store = store;
    this.key = `net-${hexWord(fnv1a(encodeUtf8(network)))}`;
  }

  /** undefined where nothing is known, or the record is not what was written. */
  get learned(): LearnedInterval | undefined {
    const record = this.store.read(this.key);
    if (record?.length !== 8) return undefined;
    const reader = new ByteReader(record);
    const goodMs = reader.uint32("longest");
    return { goodMs, badMs: reader.uint32("shortest") || undefined };
  }

  /** Throws what the store throws. */
  write({ goodMs, badMs }: LearnedInterval): void {
    const writer = new ByteWriter(8);
    writer.uint32(Math.round(goodMs));
    writer.uint32(Math.round(badMs ?? 0));
    this.store.write(this.key, writer.view());
  }
}
