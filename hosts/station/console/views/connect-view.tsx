import { useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import { UID_BYTES_MAX } from "../../../../src/limits.ts";
import { sendersFor } from "../model/connections.ts";
import { makeToken } from "../model/station-client.ts";
import type { StationModel } from "../model/station-model.ts";
import { Field, Problem } from "../parts/field.tsx";
import { Line } from "../parts/line.tsx";

/** Stand where the name and the token will be. */
const NO_NAME = "NAME";
const NO_TOKEN = "TOKEN";

/** How other programs page somebody: for each of them what to paste, with this station's address and a new token. */
export function ConnectView({ model }: { readonly model: StationModel }) {
  const { directory } = model;
  const names = [...(directory?.devices ?? []), ...(directory?.groups ?? [])].map(({ uid }) => uid);
  const all = [...names, ...(directory?.people ?? []).map(({ name }) => name)];
  const [to, setTo] = useState("");
  const [index, setIndex] = useState(0);
  const [token, setToken] = useState<string>();
  const [problem, setProblem] = useState("");
  const senders = sendersFor(location.origin, to || NO_NAME, token ?? NO_TOKEN, model.station?.mailPort);
  const sender = senders[index] ?? senders[0];
  const make = async () => {
    try {
      setProblem("");
      setToken((await makeToken(sender?.name ?? "")).token);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <section class="panel connect" aria-labelledby="connect-heading">
      <h2 id="connect-heading">Connect a program</h2>
      <p class="hint">What a program sends becomes a push of yours. What is too long for a pager is cut.</p>
      <label for="connect-sender">Program</label>
      <select
        id="connect-sender"
        value={index}
        onChange={(event) => {
          setIndex(Number(event.currentTarget.value));
          // Each program has a token of its own, so that one of them can be ended.
          setToken(undefined);
        }}
      >
        {senders.map(({ name }, each) => (
          <option key={name} value={each}>
            {name}
          </option>
        ))}
      </select>
      <Field
        id="connect-to"
        label="Whom it pages"
        hint="a device, a person or a group"
        value={to}
        onValue={setTo}
        maxLength={UID_BYTES_MAX}
        list="connect-names"
        isName
      />
      <datalist id="connect-names">
        {all.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {sender?.connections.map(({ label, text }) => (
        <Line key={label} label={label} text={text} />
      ))}
      {token === undefined ? (
        <button type="button" class="primary" onClick={make}>
          Make its token
        </button>
      ) : (
        <p class="hint">The token is shown once. It stands under People, where it can be ended.</p>
      )}
      <Problem text={problem} />
    </section>
  );
}
