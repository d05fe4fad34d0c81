/**
 * One event stream for all tabs of a browser. A browser opens only six connections to one host; six tabs with a stream each would
 * leave none for requests. The tab that holds a lock keeps the stream and tells the others. When it closes, the next tab gets the
 * lock and opens the stream anew. A page that came by plain http from another machine has no locks. Then each tab has its own
 * stream, and the sixth tab waits.
 */
export interface SharedEvent {
  /** `open`: the stream is there, perhaps again, and missed events can be fetched. `lost`: it broke. Otherwise the event's name. */
  readonly type: string;
  /** JSON. */
  readonly data: string;
}

/** The answer of the tab with the stream to a new tab. */
interface Answer {
  readonly answer: SharedEvent;
}

const NAMES = ["push", "delivery", "presence", "telemetry", "directory"] as const;
/** Milliseconds until a stream that the browser has given up is opened again. */
const REOPEN_MS = 3_000;
const CHANNEL = "fieldpager/events";

/** Follows the station's events. The browser opens a lost stream again by itself. Returns a function that ends it. */
export function followEvents(onEvent: (event: SharedEvent) => void): () => void {
  if (!navigator.locks) return openStream(onEvent);
  const ending = new AbortController();
  const channel = new BroadcastChannel(CHANNEL);
  let last: SharedEvent = { type: "lost", data: "" };
  let isLeader = false;
  let isTold = false;
  channel.onmessage = ({ data }: MessageEvent<SharedEvent | Answer | "how is it?">) => {
    if (data === "how is it?") {
      if (isLeader) channel.postMessage({ answer: last });
      return;
    }
    const event = "answer" in data ? data.answer : data;
    // This answer is for another tab.
    if (event !== data && isTold) return;
    if (event.type === "open" || event.type === "lost") isTold = true;
    onEvent(event);
  };
  channel.postMessage("how is it?");
  navigator.locks
    .request(CHANNEL, { signal: ending.signal }, () => {
      isLeader = true;
      const close = openStream((event) => {
        if (event.type === "open" || event.type === "lost") last = event;
        onEvent(event);
        channel.postMessage(event);
      });
      return new Promise<void>((release) => {
        ending.signal.addEventListener("abort", () => {
          close();
          release();
        });
      });
    })
    .catch(() => {
      // Ended while another tab had the lock.
    });
  return () => {
    ending.abort();
    channel.close();
  };
}

function openStream(onEvent: (event: SharedEvent) => void): () => void {
  let stream: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    stream = new EventSource("/api/events");
    stream.addEventListener("open", () => onEvent({ type: "open", data: "" }));
    stream.addEventListener("error", () => {
      // A browser gives up if the answer is no stream, for example the refusal of a station with too many streams.
      if (stream.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS);
      onEvent({ type: "lost", data: "" });
    });
    for (const type of NAMES)
      stream.addEventListener(type, (event) => onEvent({ type, data: (event as MessageEvent<string>).data }));
  };
  open();
  return () => {
    clearTimeout(timer);
    stream.close();
  };
}
