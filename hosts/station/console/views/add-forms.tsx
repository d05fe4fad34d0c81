import { useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import { UID_BYTES_MAX } from "../../../../src/limits.ts";
import { LABEL_CHARACTERS_MAX } from "../../shared/limits.ts";
import { add, type Credentials, type DirectoryAnswer } from "../model/station-client.ts";
import { Field, Problem } from "../parts/field.tsx";

/** A form that adds a person, a device or a group. An error is shown below it. */
function AddForm(props: {
  readonly title: string;
  /** The outcome in words; undefined if the page shows it anyway. */
  readonly onAdd: () => Promise<string | undefined>;
  readonly children: preact.ComponentChildren;
}) {
  const [problem, setProblem] = useState("");
  const [outcome, setOutcome] = useState<string>();
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      setProblem("");
      setOutcome(undefined);
      setOutcome(await props.onAdd());
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <details class="panel">
      <summary>
        <h2>{props.title}</h2>
      </summary>
      <form onSubmit={submit} aria-label={props.title}>
        {props.children}
        <button type="submit" class="primary">
          {props.title}
        </button>
        <p class="outcome" role="status">
          {outcome}
        </p>
        <Problem text={problem} />
      </form>
    </details>
  );
}

interface TextFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/** The name or uid of what is added. */
function NameField(props: TextFieldProps & { readonly hint: string }) {
  return <Field {...props} required maxLength={UID_BYTES_MAX} isName />;
}

/** Words about what is added. */
function LabelField(props: TextFieldProps) {
  return <Field {...props} hint="optional" maxLength={LABEL_CHARACTERS_MAX} />;
}

interface AddProps {
  readonly onAdded: (made: Credentials) => void;
}

export function AddDevice({ directory, onAdded }: AddProps & { readonly directory: DirectoryAnswer }) {
  const [uid, setUid] = useState("");
  const [label, setLabel] = useState("");
  const [owner, setOwner] = useState("");
  const onAdd = async () => {
    const made = await add("devices", {
      uid: uid.trim(),
      ...(label.trim() === "" ? {} : { label: label.trim() }),
      ...(owner === "" ? {} : { owner }),
    });
    onAdded(made);
    setUid("");
    setLabel("");
    return undefined;
  };
  return (
    <AddForm title="Add a device" onAdd={onAdd}>
      <NameField id="device-uid" label="Device" hint="its uid, such as bay-7" value={uid} onValue={setUid} />
      <LabelField id="device-label" label="What or where it is" value={label} onValue={setLabel} />
      <label for="device-owner">Carried by</label>
      <select id="device-owner" value={owner} onChange={(event) => setOwner(event.currentTarget.value)}>
        <option value="">nobody</option>
        {directory.people.map(({ name, fullName }) => (
          <option key={name} value={name}>
            {fullName ? `${name} (${fullName})` : name}
          </option>
        ))}
      </select>
    </AddForm>
  );
}

export function AddPerson({ onAdded }: AddProps) {
  const [name, setName] = useState("");
  const [fullName, setFullName] = useState("");
  const [isAdmin, setAdmin] = useState(false);
  const onAdd = async () => {
    const made = await add("people", {
      name: name.trim(),
      ...(fullName.trim() === "" ? {} : { fullName: fullName.trim() }),
      ...(isAdmin ? { isAdmin } : {}),
    });
    onAdded(made);
    setName("");
    setFullName("");
    setAdmin(false);
    return undefined;
  };
  return (
    <AddForm title="Add a person" onAdd={onAdd}>
      <NameField id="person-name" label="Name" hint="to log in with and to send to" value={name} onValue={setName} />
      <LabelField id="person-fullName" label="Full name" value={fullName} onValue={setFullName} />
      <label class="check">
        <input type="checkbox" checked={isAdmin} onChange={(event) => setAdmin(event.currentTarget.checked)} /> may add
        and remove people, devices and groups
      </label>
    </AddForm>
  );
}

export function AddGroup({ directory }: { readonly directory: DirectoryAnswer }) {
  const [uid, setUid] = useState("");
  const [label, setLabel] = useState("");
  const [members, setMembers] = useState<readonly string[]>([]);
  const names = [...directory.people.map(({ name }) => name), ...directory.devices.map(({ uid: device }) => device)];
  const onAdd = async () => {
    await add("groups", { uid: uid.trim(), members, ...(label.trim() === "" ? {} : { label: label.trim() }) });
    setUid("");
    setLabel("");
    setMembers([]);
    return `Added ${uid.trim()}.`;
  };
  const toggle = (name: string) =>
    setMembers((former) => (former.includes(name) ? former.filter((each) => each !== name) : [...former, name]));
  return (
    <AddForm title="Add a group" onAdd={onAdd}>
      <NameField id="group-uid" label="Group" hint="such as night-shift" value={uid} onValue={setUid} />
      <LabelField id="group-label" label="What it is" value={label} onValue={setLabel} />
      <fieldset class="members">
        <legend>Members</legend>
        {names.length === 0 && <p class="hint">Add people or devices first.</p>}
        {names.length > 0 && (
          <div class="names">
            {names.map((name) => (
              <label key={name} class="check">
                <input type="checkbox" checked={members.includes(name)} onChange={() => toggle(name)} /> {name}
              </label>
            ))}
          </div>
        )}
      </fieldset>
    </AddForm>
  );
}
