import { ByteReader, ByteWriter } from "../bytes.ts";
import type { LearnedInterval } from "../connection/interval-learner.ts";
import { fnv1a, hexWord } from "../fnv.ts";
import { readRecord } from "../records.ts";
import type { Store } from "../seams.ts";
import { encodeUtf8, utf8Length } from "../utf8.ts";

const VERSION = 1;
const OLD_BYTES = 8;

/**
 * How long a network lets a connection be idle. This is remembered across reboots.
 *
 * | record | holds |
 * |---|---|
 * | `net-<hash of the network's name>` | version; 4 bytes: longest idle time that went well; 4 bytes: shortest that did not, 0: none; the name. Times are in milliseconds |
 *
 * Older firmware wrote only the two times. Two networks may have the same hash. The record then belongs to the one that was
 * learned last.
 */
export class NetworkRecord {
  readonly network: string;
  private readonly store: Store;
  private readonly key: string;

  constructor(store: Store, network: string) {
    this.store = store;
    this.network = network;
    this.key = `net-${hexWord(fnv1a(encodeUtf8(network)))}`;
  }

  /** Returns undefined where nothing is known, where the record is damaged, and where it belongs to another network. */
  get learned(): LearnedInterval | undefined {
    const record = readRecord(this.store, this.key);
    if (!record) return undefined;
    const reader = new ByteReader(record);
    try {
      if (record.length !== OLD_BYTES && reader.uint8("version") !== VERSION) return undefined;
      const goodMs = reader.uint32("longest");
      const badMs = reader.uint32("shortest") || undefined;
      const isOurs = record.length === OLD_BYTES || reader.text(reader.remaining, "network") === this.network;
      return isOurs ? { goodMs, badMs } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Throws what the store throws. */
  write({ goodMs, badMs }: LearnedInterval): void {
    const writer = new ByteWriter(1 + OLD_BYTES + utf8Length(this.network));
    writer.uint8(VERSION);
    writer.uint32(Math.round(goodMs));
    writer.uint32(Math.round(badMs ?? 0));
    writer.text(this.network);
    this.store.write(this.key, writer.view());
  }
}
