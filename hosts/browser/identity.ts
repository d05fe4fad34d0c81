/**
 * Who a pager in a page is. Each tab needs a uid of its own, since two clients with one identifier throw each other off
 * the broker; and a tab that is loaded again should be the one it was, with its inbox. So a browser keeps a name that it
 * drew once, its tabs are `page-<name>-1`, `page-<name>-2` …, and a lock says which are taken; it falls when the tab is
 * gone, however it went.
 */
export interface Identity {
  readonly uid: string;
  /** Gives the uid back to the next tab. */
  release(): void;
}

/** Tabs of one browser with a pager. */
const PAGES_MAX = 100;

/** Where the name of this browser is kept. */
const NAME_KEY = "fieldpager.browser";

/**
 * Takes the first uid of this browser that no other tab has.
 * @param owner whose pager it is: each has uids, and with them inboxes, of their own; empty: there are no users
 */
export async function takeIdentity(owner = "", storage: Storage = localStorage): Promise<Identity> {
  const prefix = `page-${browserName(nameKeyOf(owner), storage)}-`;
  // Locks exist only where the page is secure: https, or this machine.
  if (!navigator.locks) return randomIdentity(prefix);
  for (let number = 1; number <= PAGES_MAX; number += 1) {
    const uid = `${prefix}${number}`;
    const release = await tryLock(`fieldpager/${uid}`);
    if (release) return { uid, release };
  }
  return randomIdentity(prefix);
}

/** Another uid is drawn the next time: this one turned out to be another browser's. */
export function forgetIdentity(owner = "", storage: Storage = localStorage): void {
  storage.removeItem(nameKeyOf(owner));
}

function nameKeyOf(owner: string): string {
  return owner === "" ? NAME_KEY : `${NAME_KEY}/${owner}`;
}

/** What gives the lock back, or undefined when another tab has it. */
function tryLock(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const lock = navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) {
        resolve(undefined);
        return undefined;
      }
      return new Promise<void>((release) => resolve(release));
    });
    // A page that may have no locks, as one in a sandbox, has no number either.
    lock.catch(() => resolve(undefined));
  });
}

/** Four letters and digits, drawn when this browser shows a pager for the first time. */
function browserName(key: string, storage: Storage): string {
  const kept = storage.getItem(key);
  if (kept && /^[0-9a-z]{4}$/.test(kept)) return kept;
  const name = randomText().padStart(4, "0").slice(-4);
  storage.setItem(key, name);
  return name;
}

function randomIdentity(prefix: string): Identity {
  return { uid: `${prefix}${randomText()}`, release: () => {} };
}

function randomText(): string {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0).toString(36);
}
