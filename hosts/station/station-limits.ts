/** Every bound of the station in one place: purpose, unit, what happens at the limit. */

/** Largest packet that every pager takes, in bytes with header and topic. A push that would be larger is refused. */
export const DEVICE_PACKET_BYTES_MAX = 4_096;

/** Largest body of a request, in bytes. A larger one gets status 413. */
export const REQUEST_BYTES_MAX = 16_384;

/** Largest MQTT packet that the broker takes, in bytes after its fixed header. A larger one closes the connection. */
export const MQTT_PACKET_BYTES_MAX = 4 * 1_048_576;

/**
 * Pushes that are remembered. When it is full the oldest finished one leaves, then the oldest that is with the broker;
 * when all of them wait for a first connection a new one is refused with status 503.
 */
export const PUSHES_MAX = 1_000;

/** Receipts remembered with one push. Further ones are counted and dropped. */
export const RECEIPTS_MAX = 64;

/** Pushes in one answer of `GET /api/pushes`, newest first. */
export const PUSH_LIST_MAX = 200;

/** Open event streams. A further one gets status 503. */
export const EVENT_STREAMS_MAX = 64;

/** Bytes that wait for the reader of an event stream. Beyond it the stream is closed; the reader comes back by itself. */
export const EVENT_BACKLOG_BYTES_MAX = 1_048_576;

/** Milliseconds between two comments on a quiet event stream, so that nothing between closes it. */
export const EVENT_COMMENT_MS = 15_000;

/** Milliseconds between two heartbeats of the broker. Last wills of a former run are published after four of them. */
export const HEARTBEAT_MS = 15_000;
