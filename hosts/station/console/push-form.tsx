import { useRef, useState } from "preact/hooks";
import type { PushRequest } from "../push.ts";
import { sendPush } from "./station-client.ts";

const PRIORITIES = Object.freeze([
  [1, "1 lowest"],
  [2, "2 low"],
  [3, "3 usual"],
  [4, "4 high"],
  [5, "5 highest"],
] as const);

type Outcome = { readonly ok: boolean; readonly text: string };

/** The form that sends a push. What was wrong is said below it and read out. */
export function PushForm({ defaultTo }: { readonly defaultTo: string }) {
  const [to, setTo] = useState(defaultTo);
  const [title, setTitle] = useState("");
  const [text, setText] = useState("");
  const [priority, setPriority] = useState(3);
  const [sending, setSending] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const textField = useRef<HTMLTextAreaElement>(null);

  const send = async (event: Event) => {
    event.preventDefault();
    if (sending) return;
    setSending(true);
    try {
      const request: PushRequest = {
        to: to.trim(),
        text,
        ...(title.trim() === "" ? {} : { title: title.trim() }),
        ...(priority === 3 ? {} : { priority }),
      };
      await sendPush(request);
      setOutcome({ ok: true, text: `Accepted for ${request.to}.` });
      setTitle("");
      setText("");
      setPriority(3);
      textField.current?.focus();
    } catch (error) {
      setOutcome({ ok: false, text: error instanceof Error ? error.message : String(error) });
    } finally {
      setSending(false);
    }
  };

  return (
    <form class="panel" onSubmit={send} aria-labelledby="send-heading">
      <h2 id="send-heading">Send</h2>
      <label for="push-to">To</label>
      <input
        id="push-to"
        name="to"
        required
        maxLength={64}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        value={to}
        onInput={(event) => setTo(event.currentTarget.value)}
      />
      <label for="push-title">
        Title <span class="hint">optional</span>
      </label>
      <input
        id="push-title"
        name="title"
        maxLength={200}
        autocomplete="off"
        value={title}
        onInput={(event) => setTitle(event.currentTarget.value)}
      />
      <label for="push-text">Text</label>
      <textarea
        id="push-text"
        name="text"
        required
        rows={3}
        ref={textField}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <label for="push-priority">Priority</label>
      <select
        id="push-priority"
        name="priority"
        value={priority}
        onChange={(event) => setPriority(Number(event.currentTarget.value))}
      >
        {PRIORITIES.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <button type="submit" class="primary" disabled={sending}>
        Send
      </button>
      <p class={outcome?.ok === false ? "outcome wrong" : "outcome"} role="status">
        {outcome?.text}
      </p>
    </form>
  );
}
