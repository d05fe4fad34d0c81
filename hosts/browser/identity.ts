/**
 * The uid of a pager in a page. Each tab needs its own: two clients with one identifier disconnect each other. A tab that is loaded
 * again should keep its uid, and with it its inbox. So a browser draws a name once and keeps it. Its tabs are `page-<name>-1`,
 * `page-<name>-2` …. Each tab holds a lock on its uid, which ends with the tab.
 */
export interface Identity {
  readonly uid: string;
  /** Gives the uid back to the next tab. */
  release(): void;
}

/** Tabs of one browser with a pager. */
const PAGES_MAX = 100;

/** The key of this browser's name in its storage. */
const NAME_KEY = "fieldpager.browser";

/**
 * Takes the first uid of this browser that no other tab has.
 * @param owner the user of the pager. Each user has uids, and so inboxes, of their own. Empty: there are no users.
 */
export async function takeIdentity(owner = "", storage: Storage = localStorage): Promise<Identity> {
  const prefix = `page-${browserName(nameKeyOf(owner), storage)}-`;
  // Locks exist only in secure pages: those over https, and those of this machine.
  if (!navigator.locks) return randomIdentity(prefix);
  for (let number = 1; number <= PAGES_MAX; number += 1) {
    const uid = `${prefix}${number}`;
    const release = await tryLock(`fieldpager/${uid}`);
    if (release) return { uid, release };
  }
  return randomIdentity(prefix);
}

/** Forgets the name: another browser has drawn it too. The next call draws another one. */
export function forgetIdentity(owner = "", storage: Storage = localStorage): void {
  storage.removeItem(nameKeyOf(owner));
}

function nameKeyOf(owner: string): string {
  return owner === "" ? NAME_KEY : `${NAME_KEY}/${owner}`;
}

/** A function that releases the lock; undefined if another tab has it. */
function tryLock(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const lock = navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) {
        resolve(undefined);
        return undefined;
      }
      return new Promise<void>((release) => resolve(release));
    });
    // A page without locks, for example in a sandbox, gets no number.
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
