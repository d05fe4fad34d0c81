import { useEffect, useRef, useState } from "preact/hooks";
import { type MountedPager, mountPager } from "../../browser/pager.ts";

interface Props {
  readonly env: string;
  /** Told once, when it is known who this page is. */
  readonly onUid: (uid: string) => void;
}

/** The firmware in this page: the pager that one can send to without having one. */
export function PagePager({ env, onUid }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [uid, setUid] = useState<string>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let mounted: MountedPager | undefined;
    let gone = false;
    if (!place.current) return undefined;
    mountPager(place.current, { settings: { env } }).then(
      (pager) => {
        if (gone) {
          pager.unmount();
          return;
        }
        mounted = pager;
        setUid(pager.uid);
        onUid(pager.uid);
      },
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      gone = true;
      mounted?.unmount();
    };
  }, [env]);
  return (
    <section class="panel page-pager" aria-labelledby="pager-heading">
      <h2 id="pager-heading">Pager in this page {uid !== undefined && <code>{uid}</code>}</h2>
      <div ref={place} />
      {problem !== undefined && <p class="outcome wrong">{problem}</p>}
      <p class="hint">Keys a, b and c while it has the focus.</p>
    </section>
  );
}
