/**
 * A DNS server that answers every name with one address, so that a phone at the access point comes to the page of set-up whatever it
 * asks for (RFC 1035, 4.1).
 *
 * | offset | bytes | query and answer |
 * |---|---|---|
 * | 0 | 2 | identifier |
 * | 2 | 2 | flags: bit 15 answer, bits 14 to 11 kind of query, bit 8 recursion desired, bits 3 to 0 response code |
 * | 4 | 2, 2, 2, 2 | counts: questions, answers, authorities, additional records |
 * | 12 | | the question: labels, each after its length, to one of length 0; type and class, 2 bytes each |
 */

const HEADER_BYTES = 12;
/** A query over UDP has at most this many bytes (RFC 1035, 2.3.4). */
const QUERY_BYTES_MAX = 512;
const NAME_BYTES_MAX = 255;
const LABEL_BYTES_MAX = 63;

const ANSWER = 0x80;
const KIND = 0x78;
const RECURSION_DESIRED = 0x01;
const AUTHORITATIVE = 0x04;
const NOT_IMPLEMENTED = 4;

const TYPE_A = 1;
const TYPE_ANY = 255;
const CLASS_IN = 1;

/** A phone does not keep the answer for the time when it has left. */
const TTL_SECONDS = 0;

/**
 * Returns the answer to a query, or undefined where the bytes are none. A question for anything but an IPv4 address gets an answer
 * without records.
 * @param address four bytes
 */
export function answerDns(query: Uint8Array, address: readonly number[]): Uint8Array | undefined {
  if (query.length < HEADER_BYTES || query.length > QUERY_BYTES_MAX) return undefined;
  const flags = query[2] as number;
  if (flags & ANSWER || word(query, 4) !== 1) return undefined;
  const end = questionEnd(query);
  if (end === undefined) return undefined;
  const type = word(query, end - 4);
  const isKnown = (flags & KIND) === 0;
  const isAddress = isKnown && (type === TYPE_A || type === TYPE_ANY) && word(query, end - 2) === CLASS_IN;
  // The name of the record points to that of the question.
  const record = [0xc0, HEADER_BYTES, 0, TYPE_A, 0, CLASS_IN, 0, 0, 0, TTL_SECONDS, 0, 4, ...address];
  const answer = new Uint8Array(end + (isAddress ? record.length : 0));
  answer.set(query.subarray(0, end));
  answer[2] = ANSWER | (flags & (KIND | RECURSION_DESIRED)) | AUTHORITATIVE;
  answer[3] = isKnown ? 0 : NOT_IMPLEMENTED;
  answer.set([0, 1, 0, isAddress ? 1 : 0, 0, 0, 0, 0], 4);
  if (isAddress) answer.set(record, end);
  return answer;
}

/** Where the question ends, or undefined where it is not well-formed. */
function questionEnd(query: Uint8Array): number | undefined {
  let at = HEADER_BYTES;
  for (;;) {
    const length = query[at];
    if (length === undefined || length > LABEL_BYTES_MAX || at - HEADER_BYTES >= NAME_BYTES_MAX) return undefined;
    at += 1 + length;
    if (length === 0) return at + 4 <= query.length ? at + 4 : undefined;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
