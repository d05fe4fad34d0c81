import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import { type Delivery, dueAtMs, type Progress, type PushWithDeliveries, type Receipt } from "../../shared/push.ts";
import { type Session, takeBack } from "../model/station-client.ts";
import type { StationModel } from "../model/station-model.ts";
import { clockOf, momentOf } from "../parts/describe-time.ts";
import { Problem } from "../parts/field.tsx";

const STATE_WORDS = Object.freeze({
  accepted: "accepted",
  waiting: "waiting for its first connection",
  published: "sent",
  expired: "expired before it could be sent",
} as const);

interface HistoryProps {
  readonly model: StationModel;
  readonly session: Session;
}

/** The history of pushes, newest first, each with its receipts. */
export function HistoryView({ model, session }: HistoryProps) {
  const [problem, setProblem] = useState("");
  const { pushes } = model;
  const more = () =>
    model.fetchOlder().then(
      () => setProblem(""),
      (error) => setProblem(messageOf(error)),
    );
  return (
    <section class="panel sent" aria-labelledby="history-heading">
      <h2 id="history-heading">History</h2>
      {pushes.length === 0 && <p class="hint">Nothing yet.</p>}
      <ol class="pushes">
        {pushes.map((push) => (
          <PushRow key={push.id} push={push} model={model} session={session} />
        ))}
      </ol>
      {model.hasOlder && (
        <button type="button" onClick={more}>
          Older
        </button>
      )}
      <Problem text={problem} />
    </section>
  );
}

function PushRow({ push, model, session }: HistoryProps & { readonly push: PushWithDeliveries }) {
  const {
    id,
    to,
    title,
    text,
    priority,
    acceptedAtMs,
    sender,
    choices,
    link,
    picture,
    progress,
    deliveries,
    delaySeconds,
    expirySeconds,
  } = push;
  const [only] = deliveries;
  return (
    <li class="push" data-push={id}>
      <p class="push-head">
        <b>{to}</b>
        <time dateTime={new Date(acceptedAtMs).toISOString()}>{momentOf(acceptedAtMs)}</time>
        <span class="hint">by {sender}</span>
        {priority !== undefined && <span class={priority > 3 ? "tag urgent" : "tag"}>priority {priority}</span>}
        {delaySeconds !== undefined && <span class="tag">sent at {momentOf(dueAtMs(push))}</span>}
        {expirySeconds !== undefined && <span class="tag">until {momentOf(dueAtMs(push) + expirySeconds * 1000)}</span>}
      </p>
      {title !== undefined && <p class="push-title">{title}</p>}
      <p class="push-text">{text}</p>
      {choices !== undefined && <p class="hint">Answers: {choices.join(" · ")}</p>}
      <Address label="Link" address={link} />
      <Address label="Picture" address={picture} />
      {progress.recipients === 1 && only ? (
        <Receipts delivery={only} to={to} />
      ) : (
        <ManyRecipients push={push} model={model} />
      )}
      {(session.isAdmin || session.name === sender) && progress.dropped < progress.recipients && <TakeBack id={id} />}
    </li>
  );
}

function TakeBack({ id }: { readonly id: string }) {
  const [problem, setProblem] = useState("");
  const ask = () => {
    if (!confirm("Take it back? Who has not got it gets it no more, and who has it loses it.")) return;
    takeBack(id).then(
      () => setProblem(""),
      (error) => setProblem(messageOf(error)),
    );
  };
  return (
    <>
      <button type="button" class="quiet" onClick={ask}>
        Take back
      </button>
      <Problem text={problem} />
    </>
  );
}

/** A link, if the address is http or https. Any other address is shown as text. */
function Address({ label, address }: { readonly label: string; readonly address: string | undefined }) {
  if (address === undefined) return null;
  return (
    <p class="hint">
      {label}:{" "}
      {/^https?:\/\//.test(address) ? (
        <a href={address} rel="noreferrer noopener" target="_blank">
          {address}
        </a>
      ) : (
        address
      )}
    </p>
  );
}

function ManyRecipients({ push, model }: { readonly push: PushWithDeliveries; readonly model: StationModel }) {
  const { id, progress, deliveries } = push;
  const [isOpen, setOpen] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (!isOpen) return undefined;
    model.openPush(id).then(
      () => setProblem(""),
      (error) => setProblem(messageOf(error)),
    );
    return () => model.closePush(id);
  }, [isOpen, id]);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <progress max={progress.recipients} value={progress.finished} aria-label="reached" />
        <span class="counts">{describeProgress(progress)}</span>
      </summary>
      {isOpen && (
        <ul class="deliveries">
          {deliveries.map((delivery) => (
            <li key={delivery.device}>
              <a href={`#devices/${encodeURIComponent(delivery.device)}`}>{delivery.device}</a>
              <Receipts delivery={delivery} to={delivery.device} />
            </li>
          ))}
        </ul>
      )}
      <Problem text={problem} />
    </details>
  );
}

function Receipts({ delivery, to }: { readonly delivery: Delivery; readonly to: string }) {
  const { state, receipts } = delivery;
  return (
    <ul class="receipts" aria-label="What became of it">
      {receipts.length === 0 && <li class={`receipt ${state}`}>{STATE_WORDS[state]}</li>}
      {receipts.map((receipt) => (
        <li key={`${receipt.from} ${receipt.status}`} class={`receipt ${receipt.status}`}>
          {wordsOf(receipt, to)} <span class="when">{clockOf(receipt.atMs)}</span>
        </li>
      ))}
    </ul>
  );
}

function wordsOf({ status, answer, from, call }: Receipt, to: string): string {
  const words = answer === undefined ? status : `${status} “${answer}”`;
  const called = call === undefined ? "" : `, its action ${call.words}`;
  return (from === to ? words : `${words} by ${from}`) + called;
}

function describeProgress({
  recipients,
  published,
  stored,
  shown,
  read,
  answered,
  expired,
  dropped,
}: Progress): string {
  const counts = Object.entries({ sent: published, stored, shown, read, answered, expired, dropped });
  const parts = counts
    .filter(([name, count]) => count > 0 || name === "sent")
    .map(([name, count]) => `${count} ${name}`);
  return `${recipients} devices: ${parts.join(", ")}`;
}
