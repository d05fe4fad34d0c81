/**
 * Who a pager in a page is. Each tab needs a uid of its own, since two clients with one identifier throw each other off
 * the broker; and a tab that is loaded again should be the one it was, with its inbox. So the tabs of a browser share
 * `page-1`, `page-2` … and a lock says which are taken; it falls when the tab is gone, however it went.
 */
export interface Identity {
  readonly uid: string;
  /** Gives the uid back to the next tab. */
  release(): void;
}

/** Tabs of one browser with a pager. */
const PAGES_MAX = 100;

/** Takes the first uid of this browser that no other tab has. */
export async function takeIdentity(prefix = "page-"): Promise<Identity> {
  // Locks exist only where the page is secure: https, or this machine.
  if (!navigator.locks) return randomIdentity(prefix);
  for (let number = 1; number <= PAGES_MAX; number += 1) {
    const uid = `${prefix}${number}`;
    const release = await tryLock(`fieldpager/${uid}`);
    if (release) return { uid, release };
  }
  return randomIdentity(prefix);
}

/** What gives the lock back, or undefined when another tab has it. */
function tryLock(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) {
        resolve(undefined);
        return undefined;
      }
      return new Promise<void>((release) => resolve(release));
    });
  });
}

function randomIdentity(prefix: string): Identity {
  const chance = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return { uid: `${prefix}${chance.toString(36)}`, release: () => {} };
}
