/** How often a program under npm looks whether npm is still there, in milliseconds. */
const PARENT_CHECK_MS = 250;

/**
 * Calls `end` once when this program is to end: on Ctrl-C, on SIGTERM, when its terminal goes, and when it was started by
 * npm and the shell between the two is gone. npm hands a SIGTERM to that shell only, which dies of it without a word to
 * us. Returns the same function, for other reasons to end.
 */
export function whenAskedToEnd(end: () => void): () => void {
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
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, once);
  return once;
}
