import type { Push, Receipt } from "../push.ts";

const STATE_WORDS = Object.freeze({
  accepted: "accepted",
  waiting: "waiting for its first connection",
  published: "sent",
  expired: "expired before it could be sent",
} as const);

/** What was sent, newest first, with what became of it. */
export function PushList({ pushes, live }: { readonly pushes: readonly Push[]; readonly live: boolean }) {
  return (
    <section class="panel sent" aria-labelledby="sent-heading">
      <h2 id="sent-heading">
        Sent <span class={live ? "live" : "live lost"}>{live ? "live" : "station does not answer"}</span>
      </h2>
      {pushes.length === 0 && <p class="hint">Nothing yet.</p>}
      <ol class="pushes">
        {pushes.map((push) => (
          <PushRow key={push.id} push={push} />
        ))}
      </ol>
    </section>
  );
}

function PushRow({ push }: { readonly push: Push }) {
  const { id, to, title, text, priority, acceptedAtMs, state, receipts } = push;
  return (
    <li class="push" data-push={id}>
      <p class="push-head">
        <b>{to}</b> <time dateTime={new Date(acceptedAtMs).toISOString()}>{timeOf(acceptedAtMs)}</time>
        {priority !== undefined && <span class="hint"> priority {priority}</span>}
      </p>
      {title !== undefined && <p class="push-title">{title}</p>}
      <p class="push-text">{text}</p>
      <ul class="receipts" aria-label="What became of it">
        {receipts.length === 0 && <li class={`receipt ${state}`}>{STATE_WORDS[state]}</li>}
        {receipts.map((receipt) => (
          <li key={`${receipt.from} ${receipt.status}`} class={`receipt ${receipt.status}`}>
            {wordsOf(receipt, to)} <span class="when">{timeOf(receipt.atMs)}</span>
          </li>
        ))}
      </ul>
    </li>
  );
}

function wordsOf(receipt: Receipt, to: string): string {
  const answer = receipt.answer === undefined ? "" : ` “${receipt.answer}”`;
  return receipt.from === to ? receipt.status + answer : `${receipt.status}${answer} by ${receipt.from}`;
}

function timeOf(ms: number): string {
  return new Date(ms).toLocaleTimeString(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
}
