/** Milliseconds between two looks of a program under npm whether npm is still there. */
const PARENT_CHECK_MS = 250;

/**
 * Calls `end` once when this program has to end: on Ctrl-C, on SIGTERM, when its terminal closes, and, if npm has started it, when the
 * shell between npm and the program is gone. npm sends SIGTERM to that shell only, which ends without passing it on. Returns a function
 * for other reasons to end.
 * @param refresh a service without a terminal reads its files again on SIGHUP, and goes on
 */
export function whenAskedToEnd(end: () => void, refresh?: () => void): () => void {
  let isEnding = false;
  const once = () => {
    if (isEnding) return;
    isEnding = true;
    clearInterval(timer);
    end();
  };
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) once();
  }, PARENT_CHECK_MS);
  timer.unref();
  if (process.env.npm_lifecycle_event === undefined) clearInterval(timer);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, once);
  process.on("SIGHUP", () => (refresh && !process.stdin.isTTY ? refresh() : once()));
  return once;
}
