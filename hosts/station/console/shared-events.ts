/**
 * One event stream for all tabs of a browser: a browser opens only six connections to one host, and streams of as many tabs
 * would leave none to ask with. The tab that holds a lock keeps the stream and tells the others; when it goes, the next one
 * gets the lock and opens the stream anew. Where a page has no locks (it came by plain http from another machine) each tab
 * keeps a stream of its own, and more than five tabs stand still.
 */
export interface SharedEvent {
  /** `open`: the stream stands (again), what was missed can be fetched. `lost`: it broke. Else the name of the event. */
  readonly type: string;
  /** JSON. */
  readonly data: string;
}

/** What the tab that holds the stream says to one that has come. */
interface Answer {
  readonly answer: SharedEvent;
}

const NAMES = ["push", "delivery", "presence", "telemetry", "directory"] as const;
/** Milliseconds until a stream is opened again that the browser has given up. */
const REOPEN_MS = 3_000;
const CHANNEL = "fieldpager/events";

/** Follows the station's events; the browser opens a lost stream again by itself. Returns what ends it. */
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
    // The answer to another tab is no news here.
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
      // A browser gives up where the answer is another one than a stream, as that of a station that is full.
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
