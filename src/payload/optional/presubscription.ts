/**
 * Pre-subscription (wire format, table 3): the topics that the station subscribes a client to at its first connection. The
 * directory answers with one line of text, `{uid}-<sub>-{QoS}-{topic}[,{topic}…]`. The pre-subscriber passes it on as
 *
 * | bytes | field |
 * |---|---|
 * | 1 | length of the uid, 1 to 64 |
 * | 2… | uid, UTF-8 |
 * | 1 | Presub Flag, `00000100` |
 * | … n | topics, each: 2 bytes of length, topic filter in UTF-8, 1 byte QoS |
 */
import { ByteReader, ByteWriter } from "../../bytes.ts";
import { FormatError, UsageError } from "../../errors.ts";
import { PRESUBSCRIPTION_TOPICS_MAX, UID_BYTES_MAX } from "../../limits.ts";
import { decodeUtf8, encodeUtf8, utf8Length } from "../../utf8.ts";
import { isUid, UID_RULE } from "../uid.ts";

const PRESUB_FLAG = 0x04;
const UID_END = "-<sub>-";

export interface PresubscribedTopic {
  /** 1 to 65,535 bytes without U+0000. The broker decides whether it is a filter. */
  readonly topicFilter: string;
  readonly qos: 0 | 1 | 2;
}

export interface Presubscription {
  readonly uid: string;
  /** 1 to `PRESUBSCRIPTION_TOPICS_MAX`. */
  readonly topics: readonly PresubscribedTopic[];
}

/** The payload of `/connect/presub`. Throws a `UsageError` when a field is out of its range. */
export function encodePresubscription({ uid, topics }: Presubscription): Uint8Array {
  checkUsage(uid, topics);
  const uidBytes = utf8Length(uid);
  const writer = new ByteWriter(
    topics.reduce((sum, { topicFilter }) => sum + 3 + utf8Length(topicFilter), 2 + uidBytes),
  );
  writer.uint8(uidBytes);
  writer.text(uid);
  writer.uint8(PRESUB_FLAG);
  for (const { topicFilter, qos } of topics) {
    writer.prefixedText(topicFilter);
    writer.uint8(qos);
  }
  return writer.view();
}

/** Throws a `FormatError` with the field and its offset. */
export function decodePresubscription(payload: Uint8Array): Presubscription {
  const reader = new ByteReader(payload);
  const uidBytes = reader.uint8("uid length");
  if (uidBytes < 1 || uidBytes > UID_BYTES_MAX)
    throw new FormatError("uid length", 0, `${uidBytes}, expected 1 to ${UID_BYTES_MAX}`);
  const uid = reader.text(uidBytes, "uid");
  checkUid(uid, 1);
  const flag = reader.uint8("Presub Flag");
  if (flag !== PRESUB_FLAG) throw new FormatError("Presub Flag", reader.offset - 1, `${flag}, expected ${PRESUB_FLAG}`);
  const topics: PresubscribedTopic[] = [];
  do {
    const field = `topic ${topics.length + 1}`;
    const { offset } = reader;
    if (topics.length === PRESUBSCRIPTION_TOPICS_MAX) throw tooMany(offset);
    const topicFilter = reader.text(reader.uint16(`${field} length`), field);
    checkTopic(topicFilter, field, offset + 2);
    const qos = reader.uint8(`${field} QoS`);
    topics.push({ topicFilter, qos: checkQos(qos, `${field} QoS`, reader.offset - 1) });
  } while (reader.remaining > 0);
  return { uid, topics };
}

/**
 * The directory's line. Throws a `UsageError` for what a line cannot hold: topics of different QoS, a comma, or the end mark in
 * the uid.
 */
export function encodeDirectoryLine({ uid, topics }: Presubscription): Uint8Array {
  checkUsage(uid, topics);
  const { qos } = topics[0] as PresubscribedTopic;
  if (uid.includes(UID_END)) throw new UsageError(`directory: uid with ${UID_END}`);
  for (const topic of topics) {
    if (topic.qos !== qos) throw new UsageError(`directory: QoS ${qos} and ${topic.qos} in one line`);
    if (topic.topicFilter.includes(",")) throw new UsageError("directory: topic with a comma");
  }
  return encodeUtf8(`${uid}${UID_END}${qos}-${topics.map(({ topicFilter }) => topicFilter).join()}`);
}

/** Reads the directory's line. It may end with one line break. Throws a `FormatError` with the offset in bytes. */
export function decodeDirectoryLine(bytes: Uint8Array): Presubscription {
  let end = bytes.length;
  if (bytes[end - 1] === 0x0a) end -= bytes[end - 2] === 0x0d ? 2 : 1;
  const text = decodeUtf8(bytes, 0, end, "line");
  const uidEnd = text.indexOf(UID_END);
  if (uidEnd < 0) throw new FormatError("line", 0, `no ${UID_END}`);
  const uid = text.slice(0, uidEnd);
  checkUid(uid, 0);
  const at = uidEnd + UID_END.length;
  let offset = utf8Length(uid) + UID_END.length;
  const digit = text.charCodeAt(at) - 0x30;
  const qos = checkQos(digit >= 0 && digit <= 9 ? digit : (text[at] ?? "nothing"), "QoS", offset);
  if (text[at + 1] !== "-")
    throw new FormatError("QoS", offset + 1, `${text[at + 1] ?? "nothing"} after it, expected -`);
  offset += 2;
  const topics: PresubscribedTopic[] = [];
  for (const topicFilter of text.slice(at + 2).split(",")) {
    if (topics.length === PRESUBSCRIPTION_TOPICS_MAX) throw tooMany(offset);
    checkTopic(topicFilter, `topic ${topics.length + 1}`, offset);
    topics.push({ topicFilter, qos });
    offset += utf8Length(topicFilter) + 1;
  }
  return { uid, topics };
}

function checkUsage(uid: string, topics: readonly PresubscribedTopic[]): void {
  if (!isUid(uid))
    throw new UsageError(`presubscription: uid ${uid}, expected 1 to ${UID_BYTES_MAX} bytes of one topic level`);
  const { length } = topics;
  if (length < 1 || length > PRESUBSCRIPTION_TOPICS_MAX)
    throw new UsageError(`presubscription: ${length} topics, expected 1 to ${PRESUBSCRIPTION_TOPICS_MAX}`);
  for (const { topicFilter, qos } of topics)
    if (!isTopic(topicFilter) || qos < 0 || qos > 2)
      throw new UsageError(
        `presubscription: QoS ${qos} and a topic of ${utf8Length(topicFilter)} bytes, expected 0 to 2 and 1 to 65,535 without U+0000`,
      );
}

function checkUid(uid: string, offset: number): void {
  if (!isUid(uid)) throw new FormatError("uid", offset, `expected ${UID_RULE}`);
}

function checkTopic(topicFilter: string, field: string, offset: number): void {
  if (!isTopic(topicFilter)) throw new FormatError(field, offset, "expected 1 to 65,535 bytes without U+0000");
}

function isTopic(topicFilter: string): boolean {
  return topicFilter !== "" && !topicFilter.includes("\0") && utf8Length(topicFilter) <= 0xffff;
}

function checkQos(qos: number | string, field: string, offset: number): 0 | 1 | 2 {
  if (qos !== 0 && qos !== 1 && qos !== 2) throw new FormatError(field, offset, `${qos}, expected 0, 1 or 2`);
  return qos;
}

function tooMany(offset: number): FormatError {
  return new FormatError("topics", offset, `more than ${PRESUBSCRIPTION_TOPICS_MAX}`);
}
