import { useEffect, useRef, useState } from "preact/hooks";
import { type MountedPager, mountPager } from "../../browser/pager.ts";
import { fetchPagerLogin } from "./station-client.ts";

/** Whether this browser wants a pager in its pages. */
const WANTED_KEY = "fieldpager.pager";

/** The firmware in this page: the pager that one can send to without having one. */
export function PagePager({ env }: { readonly env: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [uid, setUid] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [isWanted, setWanted] = useState(localStorage.getItem(WANTED_KEY) !== "off");
  useEffect(() => {
    let mounted: MountedPager | undefined;
    let gone = false;
    if (!isWanted || !place.current) return undefined;
    mountPager(place.current, { settings: { env }, login: fetchPagerLogin }).then(
      (pager) => {
        if (gone) {
          pager.unmount();
          return;
        }
        mounted = pager;
        setUid(pager.uid);
      },
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      gone = true;
      mounted?.unmount();
      setUid(undefined);
    };
  }, [env, isWanted]);
  const toggle = () => {
    localStorage.setItem(WANTED_KEY, isWanted ? "off" : "on");
    setWanted(!isWanted);
  };
  return (
    <section class="panel page-pager" aria-labelledby="pager-heading">
      <h2 id="pager-heading">Pager in this page {uid !== undefined && <code>{uid}</code>}</h2>
      <div ref={place} />
      {problem !== undefined && <p class="outcome wrong">{problem}</p>}
      {isWanted && <p class="hint">Keys a, b and c while it has the focus.</p>}
      <button type="button" class="quiet" onClick={toggle}>
        {isWanted ? "Switch off" : "Switch on"}
      </button>
    </section>
  );
}
