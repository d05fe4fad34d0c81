import { useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import { UID_BYTES_MAX } from "../../../../src/limits.ts";
import { PASSWORD_BYTES_MAX } from "../../shared/limits.ts";
import { logIn, type Session } from "../model/station-client.ts";
import { Problem } from "../parts/field.tsx";

/** Asks who it is. */
export function LoginView({ onLogin }: { readonly onLogin: (session: Session) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      onLogin(await logIn(name.trim(), password));
    } catch (error) {
      setProblem(messageOf(error));
      setPassword("");
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="login">
      <form class="panel" onSubmit={submit} aria-labelledby="login-heading">
        <h1 id="login-heading">Fieldpager</h1>
        <p class="hint">
          An administrator gives you a name and a password. The station printed the first ones when it was new.
        </p>
        <label for="login-name">Name</label>
        <input
          id="login-name"
          required
          maxLength={UID_BYTES_MAX}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <label for="login-password">Password</label>
        <input
          id="login-password"
          type="password"
          required
          maxLength={PASSWORD_BYTES_MAX}
          autocomplete="current-password"
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
        <button type="submit" class="primary" disabled={isBusy}>
          Log in
        </button>
        <Problem text={problem} />
      </form>
    </main>
  );
}
