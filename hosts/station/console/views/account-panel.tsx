import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import { PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, TOKEN_LABEL_CHARACTERS_MAX } from "../../shared/limits.ts";
import {
  changePassword,
  fetchTokens,
  makeToken,
  revokeToken,
  type Session,
  type TokenInfo,
} from "../model/station-client.ts";
import { momentOf } from "../parts/describe-time.ts";
import { Field, Problem } from "../parts/field.tsx";
import { Line } from "../parts/line.tsx";

/** One's own password, and tokens for programs. */
export function AccountPanel({ session, onLogout }: { readonly session: Session; readonly onLogout: () => void }) {
  return (
    <section class="panel" aria-labelledby="account-heading">
      <h2 id="account-heading">{session.name}</h2>
      <Tokens />
      <Password session={session} onLogout={onLogout} />
    </section>
  );
}

function Tokens() {
  const [tokens, setTokens] = useState<readonly TokenInfo[]>([]);
  const [label, setLabel] = useState("");
  const [made, setMade] = useState<string>();
  const [problem, setProblem] = useState("");
  const run = async (act: () => Promise<unknown>) => {
    try {
      setProblem("");
      await act();
      setTokens(await fetchTokens());
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  useEffect(() => void run(async () => {}), []);
  const make = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      setMade((await makeToken(label.trim())).token);
      setLabel("");
    });
  };
  return (
    <>
      <h3>Tokens for programs</h3>
      {made !== undefined && (
        <>
          <p class="hint">This is shown once. A program gives it as Authorization: Bearer …</p>
          <Line label="Token" text={made} />
        </>
      )}
      <ul class="entries">
        {tokens.map(({ id, owner, label: name, createdAtMs }) => (
          <li key={id}>
            <b>{name}</b>
            <span class="hint">
              {owner}, made {momentOf(createdAtMs)}
            </span>
            <span class="actions">
              <button
                type="button"
                class="quiet"
                onClick={() => run(() => revokeToken(id))}
                aria-label={`End token ${name}`}
              >
                End
              </button>
            </span>
          </li>
        ))}
      </ul>
      <form onSubmit={make} aria-label="Make a token">
        <Field
          id="token-label"
          label="What it is for"
          value={label}
          onValue={setLabel}
          required
          maxLength={TOKEN_LABEL_CHARACTERS_MAX}
        />
        <button type="submit" class="primary">
          Make a token
        </button>
        <Problem text={problem} />
      </form>
    </>
  );
}

function Password({ session, onLogout }: { readonly session: Session; readonly onLogout: () => void }) {
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const change = async (event: Event) => {
    event.preventDefault();
    try {
      await changePassword(session.name, password);
      // Every login of this account has ended with the former password, this one too.
      onLogout();
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <details>
      <summary>Change my password</summary>
      <form onSubmit={change} aria-label="Change my password">
        <label for="new-password">
          New password <span class="hint">at least {PASSWORD_BYTES_MIN} characters; you log in again with it</span>
        </label>
        <input
          id="new-password"
          type="password"
          required
          minLength={PASSWORD_BYTES_MIN}
          maxLength={PASSWORD_BYTES_MAX}
          autocomplete="new-password"
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
        <button type="submit" class="primary">
          Change
        </button>
        <Problem text={problem} />
      </form>
    </details>
  );
}
