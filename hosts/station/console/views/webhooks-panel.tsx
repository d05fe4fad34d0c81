import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import { PUSH_ADDRESS_CHARACTERS_MAX } from "../../shared/limits.ts";
import type { ReceiptStatus } from "../../shared/push.ts";
import { RECEIPT_STATUSES, type WebhookInfo } from "../../shared/webhook.ts";
import { addWebhook, fetchWebhooks, removeWebhook, type Session, testWebhook } from "../model/station-client.ts";
import { momentOf } from "../parts/describe-time.ts";
import { Field, Problem } from "../parts/field.tsx";
import { Line } from "../parts/line.tsx";

/** What is ticked at first. The others come with each push, and say little. */
const TICKED: readonly ReceiptStatus[] = ["read", "answered", "expired"];

/** How programs hear of what became of one's pushes. */
export function WebhooksPanel({ session }: { readonly session: Session }) {
  const [webhooks, setWebhooks] = useState<readonly WebhookInfo[]>([]);
  const [url, setUrl] = useState("");
  const [states, setStates] = useState(TICKED);
  const [secret, setSecret] = useState<string>();
  /** What came of a test, by webhook. */
  const [tests, setTests] = useState<Readonly<Record<string, string>>>({});
  const [problem, setProblem] = useState("");
  const run = async (act: () => Promise<unknown>) => {
    try {
      setProblem("");
      await act();
      setWebhooks(await fetchWebhooks());
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  useEffect(() => void run(async () => {}), []);
  const add = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      setSecret((await addWebhook(url.trim(), states)).secret);
      setUrl("");
    });
  };
  const test = (id: string) =>
    run(async () => {
      const { words } = await testWebhook(id);
      setTests((before) => ({ ...before, [id]: `Test: ${words}` }));
    });
  return (
    <section class="panel" aria-labelledby="webhooks-heading">
      <h2 id="webhooks-heading">Tell a program</h2>
      <p class="hint">
        The station sends each receipt of your pushes to an address of yours, signed as Standard Webhooks, until it is
        taken.
      </p>
      <ul class="entries webhooks">
        {webhooks.map((hook) => (
          <li key={hook.id}>
            <b>{hook.url}</b>
            <span class="hint">{wordsOf(hook, session)}</span>
            <span class={isFailing(hook) ? "outcome wrong" : "hint"} role="status">
              {tests[hook.id] ?? happenedTo(hook)}
            </span>
            <span class="actions">
              <button type="button" class="quiet" onClick={() => test(hook.id)} aria-label={`Test ${hook.url}`}>
                Test
              </button>
              <button
                type="button"
                class="quiet"
                onClick={() => run(() => removeWebhook(hook.id))}
                aria-label={`Remove ${hook.url}`}
              >
                Remove
              </button>
            </span>
          </li>
        ))}
      </ul>
      {secret !== undefined && (
        <>
          <p class="hint">This is shown once. By it the program knows that the station sends.</p>
          <Line label="Secret" text={secret} />
        </>
      )}
      <form onSubmit={add} aria-label="Add a webhook">
        <Field
          id="webhook-url"
          label="Address"
          hint="https://…"
          type="url"
          value={url}
          onValue={setUrl}
          required
          maxLength={PUSH_ADDRESS_CHARACTERS_MAX}
          isName
        />
        <fieldset class="ticks">
          <legend>When a pager says</legend>
          {RECEIPT_STATUSES.map((status) => (
            <label key={status} class="check">
              <input
                type="checkbox"
                checked={states.includes(status)}
                onChange={({ currentTarget }) =>
                  setStates((before) =>
                    currentTarget.checked ? [...before, status] : before.filter((each) => each !== status),
                  )
                }
              />
              {status}
            </label>
          ))}
        </fieldset>
        <button type="submit" class="primary" disabled={states.length === 0}>
          Add it
        </button>
        <Problem text={problem} />
      </form>
    </section>
  );
}

function wordsOf({ account, states, waiting, lost }: WebhookInfo, session: Session): string {
  return [
    account === session.name ? "" : `of ${account}`,
    states.join(", "),
    waiting > 0 ? `${waiting} waiting` : "",
    lost > 0 ? `${lost} lost` : "",
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

function isFailing({ taken, failed }: WebhookInfo): boolean {
  return failed !== undefined && failed.atMs > (taken?.atMs ?? 0);
}

function happenedTo(hook: WebhookInfo): string {
  const { taken, failed } = hook;
  if (failed && isFailing(hook)) {
    const before = taken ? `, the last one taken ${momentOf(taken.atMs)}` : "";
    return `${momentOf(failed.atMs)}: ${failed.words}${before}`;
  }
  return taken ? `${momentOf(taken.atMs)}: ${taken.words}` : "nothing sent yet";
}
