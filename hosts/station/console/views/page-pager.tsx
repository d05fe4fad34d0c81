import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import { forgetIdentity } from "../../../browser/identity.ts";
import { type MountedPager, mountPager } from "../../../browser/pager.ts";
import { fetchPagerLogin, Refused } from "../model/station-client.ts";
import { Problem } from "../parts/field.tsx";

/** Whether this browser wants a pager in its pages. */
const WANTED_KEY = "fieldpager.pager";

/** HTTP status for a uid that is taken. */
const TAKEN = 409;

interface Props {
  readonly env: string;
  /** Who is logged in: the pager is theirs alone. */
  readonly owner: string;
}

/** A pager in this page. It runs the firmware, so that a user without a board can send to it. */
export function PagePager({ env, owner }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [uid, setUid] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [isWanted, setWanted] = useState(localStorage.getItem(WANTED_KEY) !== "off");
  useEffect(() => {
    let mounted: MountedPager | undefined;
    let gone = false;
    if (!isWanted || !place.current) return undefined;
    setProblem(undefined);
    mountOwn(place.current, env, owner).then(
      (pager) => {
        if (gone) {
          pager.unmount();
          return;
        }
        mounted = pager;
        setUid(pager.uid);
      },
      (error: unknown) => setProblem(messageOf(error)),
    );
    return () => {
      gone = true;
      mounted?.unmount();
      setUid(undefined);
    };
  }, [env, owner, isWanted]);
  const toggle = () => {
    localStorage.setItem(WANTED_KEY, isWanted ? "off" : "on");
    setWanted(!isWanted);
  };
  return (
    <section class="panel page-pager" aria-labelledby="pager-heading">
      <h2 id="pager-heading">Pager in this page {uid !== undefined && <code>{uid}</code>}</h2>
      <div ref={place} />
      <Problem text={problem} />
      {isWanted && <p class="hint">Keys a, b and c while it has the focus.</p>}
      <button type="button" class="quiet" onClick={toggle}>
        {isWanted ? "Switch off" : "Switch on"}
      </button>
    </section>
  );
}

/** Starts the pager. If another browser has drawn the same uid, draws another one. */
async function mountOwn(element: HTMLElement, env: string, owner: string): Promise<MountedPager> {
  const options = { settings: { env }, owner, login: fetchPagerLogin };
  try {
    return await mountPager(element, options);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== TAKEN) throw error;
    forgetIdentity(owner);
    return mountPager(element, options);
  }
}
