import { useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import type { Device, Group, Person } from "../../shared/entries.ts";
import { remove, renewPassword, type Session } from "../model/station-client.ts";
import type { StationModel } from "../model/station-model.ts";
import { Problem } from "../parts/field.tsx";
import { AccountPanel } from "./account-panel.tsx";
import { AddDevice, AddGroup, AddPerson } from "./add-forms.tsx";
import { CredentialsNote, type NewLogin } from "./credentials-note.tsx";

interface Props {
  readonly model: StationModel;
  readonly session: Session;
  readonly onLogout: () => void;
}

/** People, devices and groups. An administrator adds and removes them here. */
export function PeopleView({ model, session, onLogout }: Props) {
  const { directory } = model;
  const [login, setLogin] = useState<NewLogin>();
  const [problem, setProblem] = useState("");
  if (!directory) return <p class="hint">…</p>;
  const mayChange = session.isAdmin && directory.isWritable;
  const run = async (act: () => Promise<unknown>) => {
    try {
      setProblem("");
      await act();
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  const renew = (name: string, kind: NewLogin["kind"]) =>
    run(async () => setLogin({ kind, ...(await renewPassword(name)) }));
  const drop = (name: string) => {
    if (confirm(`Remove ${name}? What it logs in with ends at once.`)) void run(() => remove(name));
  };
  const actions = (name: string, kind?: NewLogin["kind"]) =>
    session.isAdmin && (
      <span class="actions">
        {kind && (
          <button type="button" class="quiet" onClick={() => renew(name, kind)} aria-label={`New password for ${name}`}>
            New password
          </button>
        )}
        {mayChange && (
          <button type="button" class="quiet" onClick={() => drop(name)} aria-label={`Remove ${name}`}>
            Remove
          </button>
        )}
      </span>
    );
  return (
    <>
      {login && <CredentialsNote login={login} station={model.station} onClose={() => setLogin(undefined)} />}
      <Problem text={problem} />
      {!directory.isWritable && <p class="hint">The directory is kept in {directory.source} and changed there.</p>}
      {mayChange && (
        <div class="adding">
          <AddDevice directory={directory} onAdded={(made) => setLogin({ kind: "device", ...made })} />
          <AddPerson onAdded={(made) => setLogin({ kind: "person", ...made })} />
          <AddGroup directory={directory} />
        </div>
      )}
      <List title="Devices" count={directory.devices.length}>
        {directory.devices.map((device) => (
          <li key={device.uid}>
            <a href={`#devices/${encodeURIComponent(device.uid)}`}>{device.uid}</a>
            <span class="hint">{wordsOfDevice(device)}</span>
            {actions(device.uid, "device")}
          </li>
        ))}
      </List>
      <List title="People" count={directory.people.length}>
        {directory.people.map((person) => (
          <li key={person.name}>
            <b>{person.name}</b>
            <span class="hint">{wordsOfPerson(person, directory.devices)}</span>
            {person.name !== session.name && actions(person.name, "person")}
          </li>
        ))}
      </List>
      <List title="Groups" count={directory.groups.length}>
        {directory.groups.map((group) => (
          <li key={group.uid}>
            <b>{group.uid}</b>
            <span class="hint">{wordsOfGroup(group)}</span>
            {actions(group.uid)}
          </li>
        ))}
      </List>
      <AccountPanel session={session} onLogout={onLogout} />
    </>
  );
}

function List({ title, count, children }: { title: string; count: number; children: preact.ComponentChildren }) {
  return (
    <section class="panel" aria-label={title}>
      <h2>
        {title} <span class="hint">{count}</span>
      </h2>
      {count === 0 && <p class="hint">None yet.</p>}
      <ul class="entries">{children}</ul>
    </section>
  );
}

function wordsOfDevice({ label, owner }: Device): string {
  return [label, owner && `carried by ${owner}`].filter(Boolean).join(" · ");
}

function wordsOfPerson({ name, fullName }: Person, devices: readonly Device[]): string {
  const own = devices.filter(({ owner }) => owner === name).map(({ uid }) => uid);
  return [fullName, own.length > 0 ? `carries ${own.join(", ")}` : "carries nothing"].filter(Boolean).join(" · ");
}

function wordsOfGroup({ label, members }: Group): string {
  return [label, members.length > 0 ? members.join(", ") : "empty"].filter(Boolean).join(" · ");
}
