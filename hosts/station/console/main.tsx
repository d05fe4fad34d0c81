/** The console: send a push, see what became of it, and a pager in the page. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Push } from "../push.ts";
import { PagePager } from "./page-pager.tsx";
import { PushForm } from "./push-form.tsx";
import { PushList } from "./push-list.tsx";
import { fetchPushes, followPushes } from "./station-client.ts";

/** Pushes shown; the station remembers more. */
const SHOWN_MAX = 100;

function Console({ env }: { readonly env: string }) {
  const [pushes, setPushes] = useState<readonly Push[]>([]);
  const [live, setLive] = useState(true);
  const [uid, setUid] = useState<string>();

  useEffect(
    () =>
      followPushes(
        (push) => setPushes((former) => merged(former, [push])),
        () => {
          setLive(true);
          fetchPushes().then(
            (fetched) => setPushes((former) => merged(former, fetched)),
            () => setLive(false),
          );
        },
        () => setLive(false),
      ),
    [],
  );

  return (
    <>
      <header>
        <h1>Fieldpager</h1>
        <p>
          Messages go to <code>/{env}/im/…</code>
          {uid !== undefined && (
            <>
              ; this page is <code>{uid}</code>
            </>
          )}
        </p>
      </header>
      <main>
        <PushForm defaultTo="pager-1" />
        <PagePager env={env} onUid={setUid} />
        <PushList pushes={pushes} live={live} />
      </main>
    </>
  );
}

/** Newest first; of one push the state that knows more, since an answer may be older than an event. */
function merged(former: readonly Push[], added: readonly Push[]): readonly Push[] {
  const byId = new Map(former.map((push) => [push.id, push]));
  for (const push of added) {
    const known = byId.get(push.id);
    if (!known || progressOf(push) >= progressOf(known)) byId.set(push.id, push);
  }
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, SHOWN_MAX);
}

function progressOf(push: Push): number {
  return push.receipts.length * 2 + (push.publishedAtMs === undefined ? 0 : 1);
}

const place = document.getElementById("console");
if (place) render(<Console env={place.dataset.env ?? "field"} />, place);
