import { useEffect, useRef } from "preact/hooks";
import type { Credentials, StationAddress } from "../model/station-client.ts";
import { Line } from "../parts/line.tsx";
import { DeviceSetUp } from "./device-set-up.tsx";

export interface NewLogin extends Credentials {
  readonly kind: "person" | "device";
}

interface Props {
  readonly login: NewLogin;
  readonly station: StationAddress | undefined;
  readonly onClose: () => void;
}

/** Shows name and password of a new account once, and how to give them to a device. */
export function CredentialsNote({ login, station, onClose }: Props) {
  const { kind, name, password } = login;
  const heading = useRef<HTMLHeadingElement>(null);
  /** The element that had the focus. It gets the focus back when the note closes. */
  const before = useRef<Element>(null);
  useEffect(() => {
    before.current = document.activeElement;
    heading.current?.focus();
  }, [password]);
  useEffect(() => () => focus(before.current), []);
  return (
    <section class="panel credentials" aria-labelledby="credentials-heading">
      <h2 id="credentials-heading" ref={heading} tabIndex={-1}>
        What {name} logs in with
      </h2>
      <p class="hint">This is shown once. The station keeps only a hash; a lost password is replaced by a new one.</p>
      <Line label="Name" text={name} />
      <Line label="Password" text={password} />
      {kind === "person" && <Line label="Console" text={`${location.origin}/`} />}
      {kind === "device" && station && <DeviceSetUp login={login} station={station} />}
      <button type="button" onClick={onClose}>
        Done
      </button>
    </section>
  );
}

function focus(element: Element | null): void {
  if (element instanceof HTMLElement && element.isConnected) element.focus();
}
