import { useRef, useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import { CHOICES_MAX, UID_BYTES_MAX } from "../../../../src/limits.ts";
import { MELODIES } from "../../../../src/melodies.ts";
import {
  COLLAPSE_KEY_CHARACTERS_MAX,
  PUSH_ADDRESS_CHARACTERS_MAX,
  PUSH_CHOICE_CHARACTERS_MAX,
  PUSH_TEXT_CHARACTERS_MAX,
  PUSH_TITLE_CHARACTERS_MAX,
} from "../../shared/limits.ts";
import type { PushRequest } from "../../shared/push.ts";
import { type Session, sendPush } from "../model/station-client.ts";
import type { StationModel } from "../model/station-model.ts";
import { Field } from "../parts/field.tsx";
import { PagerPreview } from "../parts/pager-preview.tsx";
import { PictureField, useUpload } from "../parts/picture-field.tsx";

const PRIORITIES = Object.freeze([
  [1, "1 lowest, silent"],
  [2, "2 low, silent"],
  [3, "3 usual"],
  [4, "4 high"],
  [5, "5 highest"],
] as const);

const EXPIRIES = Object.freeze([
  ["", "never"],
  ["300", "after 5 minutes"],
  ["3600", "after an hour"],
  ["28800", "after 8 hours"],
  ["86400", "after a day"],
  ["604800", "after a week"],
] as const);

interface Draft {
  readonly to: string;
  readonly title: string;
  readonly text: string;
  readonly priority: number;
  readonly expiry: string;
  readonly choices: readonly string[];
  readonly collapseKey: string;
  readonly melody: string;
  readonly link: string;
  /** Address of the picture, which a user has typed. */
  readonly picture: string;
  /** Address of a picture that was uploaded. It goes before the other one. */
  readonly uploaded: string;
}

const EMPTY: Draft = Object.freeze({
  to: "",
  title: "",
  text: "",
  priority: 3,
  expiry: "",
  choices: Object.freeze(Array<string>(CHOICES_MAX).fill("")),
  collapseKey: "",
  melody: "",
  link: "",
  picture: "",
  uploaded: "",
});

type Outcome = { readonly ok: boolean; readonly text: string };

interface Props {
  readonly model: StationModel;
  readonly session: Session;
}

/** The form that sends a push, with a preview. Errors stand below it, and screen readers read them out. */
export function SendView({ model, session }: Props) {
  const [draft, setDraft] = useState(EMPTY);
  const [isSending, setSending] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const form = useRef<HTMLFormElement>(null);
  const set = (part: Partial<Draft>) => setDraft((former) => ({ ...former, ...part }));
  const onUploaded = (uploaded: string) => set({ uploaded, picture: "" });
  const upload = useUpload(onUploaded);
  const takeFrom = (event: Event, data: DataTransfer | null) => {
    if (upload.take(data?.files)) event.preventDefault();
  };

  const send = async (event: Event) => {
    event.preventDefault();
    if (isSending) return;
    setSending(true);
    try {
      const request = requestOf(draft);
      await sendPush(request);
      const waits = model.isKnown(request.to)
        ? ""
        : ` It waits until a device of this name connects: nobody has it yet.`;
      setOutcome({ ok: true, text: `Accepted for ${request.to}.${waits}` });
      setDraft({ ...EMPTY, to: draft.to });
      form.current?.querySelector("textarea")?.focus();
    } catch (error) {
      setOutcome({ ok: false, text: messageOf(error) });
    } finally {
      setSending(false);
    }
  };

  return (
    <form
      class="panel send"
      ref={form}
      onSubmit={send}
      onPaste={(event) => takeFrom(event, event.clipboardData)}
      onDragOver={(event) => {
        // Otherwise the browser shows the file in the place of the console.
        if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
      }}
      onDrop={(event) => takeFrom(event, event.dataTransfer)}
      aria-labelledby="send-heading"
    >
      <h2 id="send-heading">Send</h2>
      <Field
        id="push-to"
        label="To"
        value={draft.to}
        onValue={(to) => set({ to })}
        required
        maxLength={UID_BYTES_MAX}
        list="push-recipients"
        isName
      />
      <Recipients model={model} session={session} />
      <Field
        id="push-title"
        label="Title"
        hint="optional"
        value={draft.title}
        onValue={(title) => set({ title })}
        maxLength={PUSH_TITLE_CHARACTERS_MAX}
      />
      <label for="push-text">Text</label>
      <textarea
        id="push-text"
        name="text"
        required
        rows={3}
        maxLength={PUSH_TEXT_CHARACTERS_MAX}
        value={draft.text}
        onInput={(event) => set({ text: event.currentTarget.value })}
      />
      <Urgency draft={draft} set={set} />
      <Answers draft={draft} set={set} />
      <PictureField
        value={draft.picture}
        onValue={(picture) => set({ picture })}
        uploaded={draft.uploaded}
        onUploaded={onUploaded}
        upload={upload}
      />
      <Further draft={draft} set={set} />
      <div class="send-foot">
        <button type="submit" class="primary" disabled={isSending || upload.isUploading}>
          Send
        </button>
        <p class={outcome?.ok === false ? "outcome wrong" : "outcome"} role="status">
          {outcome?.text}
        </p>
      </div>
      <PagerPreview
        title={draft.title}
        text={draft.text}
        priority={draft.priority}
        choices={filled(draft.choices)}
        picture={draft.uploaded}
        board={boardOf(model, draft.to.trim())}
      />
    </form>
  );
}

interface PartProps {
  readonly draft: Draft;
  readonly set: (part: Partial<Draft>) => void;
}

/** Priority and expiry. */
function Urgency({ draft, set }: PartProps) {
  return (
    <div class="pair">
      <div>
        <label for="push-priority">Priority</label>
        <select
          id="push-priority"
          name="priority"
          value={draft.priority}
          onChange={(event) => set({ priority: Number(event.currentTarget.value) })}
        >
          {PRIORITIES.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <div>
        <label for="push-expiry">Expires</label>
        <select
          id="push-expiry"
          name="expiry"
          value={draft.expiry}
          onChange={(event) => set({ expiry: event.currentTarget.value })}
        >
          {EXPIRIES.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

/** The choices, which become labels of buttons. */
function Answers({ draft, set }: PartProps) {
  return (
    <fieldset>
      <legend>
        Answers for the buttons <span class="hint">optional</span>
      </legend>
      <div class="triple">
        {draft.choices.map((choice, index) => (
          <input
            key={index}
            name={`choice-${index + 1}`}
            aria-label={`Answer ${index + 1}`}
            maxLength={PUSH_CHOICE_CHARACTERS_MAX}
            value={choice}
            onInput={(event) => set({ choices: draft.choices.with(index, event.currentTarget.value) })}
          />
        ))}
      </div>
    </fieldset>
  );
}

/** Fields that are seldom used. */
function Further({ draft, set }: PartProps) {
  return (
    <details>
      <summary>Melody, link, replacing</summary>
      <label for="push-melody">Melody</label>
      <select
        id="push-melody"
        name="melody"
        value={draft.melody}
        onChange={(event) => set({ melody: event.currentTarget.value })}
      >
        {["", ...MELODIES].map((name) => (
          <option key={name} value={name}>
            {name || "as the priority says"}
          </option>
        ))}
      </select>
      <Field
        id="push-link"
        label="Link"
        hint="https://…"
        value={draft.link}
        onValue={(link) => set({ link })}
        type="url"
        maxLength={PUSH_ADDRESS_CHARACTERS_MAX}
      />
      <Field
        id="push-collapse"
        label="Replaces"
        hint="an unread message of the same key"
        value={draft.collapseKey}
        onValue={(collapseKey) => set({ collapseKey })}
        maxLength={COLLAPSE_KEY_CHARACTERS_MAX}
      />
    </details>
  );
}

/** Every possible recipient, for completion. */
function Recipients({ model, session }: Props) {
  const { directory, devices } = model;
  const listed = new Set(directory?.devices.map(({ uid }) => uid));
  return (
    <datalist id="push-recipients">
      {session.isAdmin && <option value="everyone">every device</option>}
      {directory?.people.map(({ name, fullName }) => (
        <option key={name} value={name}>
          {fullName ?? "person"}
        </option>
      ))}
      {directory?.groups.map(({ uid, label, members }) => (
        <option key={uid} value={uid}>
          {label ?? "group"}, {members.length} members
        </option>
      ))}
      {directory?.devices.map(({ uid, label, owner }) => (
        <option key={uid} value={uid}>
          {[label ?? "device", owner].filter(Boolean).join(", ")}
        </option>
      ))}
      {devices
        .filter(({ uid }) => !listed.has(uid))
        .map(({ uid }) => (
          <option key={uid} value={uid}>
            not in the directory
          </option>
        ))}
    </datalist>
  );
}

function requestOf({
  to,
  title,
  text,
  priority,
  expiry,
  choices,
  collapseKey,
  melody,
  link,
  picture,
  uploaded,
}: Draft): PushRequest {
  const given = filled(choices);
  const shown = uploaded || picture.trim();
  return {
    to: to.trim(),
    text,
    ...(title.trim() === "" ? {} : { title: title.trim() }),
    ...(priority === 3 ? {} : { priority }),
    ...(expiry === "" ? {} : { expirySeconds: Number(expiry) }),
    ...(given.length === 0 ? {} : { choices: given }),
    ...(collapseKey.trim() === "" ? {} : { collapseKey: collapseKey.trim() }),
    ...(melody === "" ? {} : { melody }),
    ...(link.trim() === "" ? {} : { link: link.trim() }),
    ...(shown === "" ? {} : { picture: shown }),
  };
}

/** The board of a recipient, as far as the station knows it: of the device, or of one that the person carries. */
function boardOf({ devices }: StationModel, to: string): string | undefined {
  return devices.find(({ uid, owner, firmware }) => firmware && (uid === to || owner === to))?.firmware?.board;
}

function filled(choices: readonly string[]): readonly string[] {
  return choices.map((choice) => choice.trim()).filter(Boolean);
}
