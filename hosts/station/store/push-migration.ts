/**
 * Brings push records of schema version 1 to version 2. Version 1 had one record `o/<id>/<device>` for each delivery that was still to be
 * handed to the broker, and a record `d/<id>/<device>` for each delivery. Version 2 has `r/<id>` with all recipients, `o/<id>` while
 * anybody lacks the push, and `d/<id>/<device>` only where something has happened. What version 1 has handed to the broker is in the
 * device's session there, which still delivers it.
 */
import type Database from "libsql";

/** Changes records in the transaction that is open. What is of version 2 stays as it is. */
export function migratePushes(database: Database.Database): void {
  const get = database.prepare<[string]>("select bytes from push where key = ?");
  const put = database.prepare<[string, Uint8Array]>(
    "insert into push values (?, ?) on conflict (key) do update set bytes = excluded.bytes",
  );
  const remove = database.prepare<[string]>("delete from push where key = ?");
  const keysOf = database.prepare<[string, string]>("select key from push where key >= ? and key < ? order by key");
  const keys = (prefix: string) => (keysOf.all(`${prefix}/`, `${prefix}0`) as { key: string }[]).map(({ key }) => key);
  const readValue = (key: string) => {
    const row = get.get(key) as { bytes: Uint8Array } | undefined;
    return row && (JSON.parse(Buffer.from(row.bytes).toString()) as Record<string, unknown>);
  };
  const set = (key: string, value: unknown) => put.run(key, Buffer.from(JSON.stringify(value)));

  const former = keys("o").filter((key) => key.split("/").length > 2);
  for (const id of new Set(former.map((key) => key.split("/")[1] ?? ""))) {
    const recipients = keys(`d/${id}`).map((key) => key.slice(`d/${id}/`.length));
    set(`r/${id}`, recipients);
    set(`o/${id}`, 0);
  }
  for (const key of former) {
    const delivery = `d/${key.slice(2)}`;
    const value = readValue(delivery);
    const receipts = value?.receipts;
    if (Array.isArray(receipts) && receipts.length > 0) set(delivery, { ...value, state: "published" });
    else remove.run(delivery);
    remove.run(key);
  }
}
