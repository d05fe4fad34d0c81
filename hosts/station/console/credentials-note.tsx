import { useEffect, useRef, useState } from "preact/hooks";
import type { Credentials, StationAddress } from "./station-client.ts";

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
      {kind === "device" && station && (
        <>
          <Line label="To try it on a computer" text={`npm run pager -- ${settingsOf(login, station, "--", " ")}`} />
          {station.mqttsPort !== undefined && (
            <p class="hint">
              Add <code>broker.ca</code>, the authority of the station's certificate; a computer may know it already.
            </p>
          )}
          <Line label="To flash a board" text={`npm run deploy -- m5stack ${settingsOf(login, station, "", "=")}`} />
        </>
      )}
      <button type="button" onClick={onClose}>
        Done
      </button>
    </section>
  );
}

function focus(element: Element | null): void {
  if (element instanceof HTMLElement && element.isConnected) element.focus();
}

/** A line to copy. */
export function Line({ label, text }: { readonly label: string; readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  // A page that came by plain http from another machine has no clipboard.
  const copy = () =>
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => {},
    );
  return (
    <div class="line">
      <span class="line-label">{label}</span>
      <code data-line={label}>{text}</code>
      {navigator.clipboard && (
        <button type="button" class="quiet" onClick={copy} aria-label={`Copy: ${label}`}>
          {isCopied ? "Copied" : "Copy"}
        </button>
      )}
    </div>
  );
}

/** The settings of a device as a command takes them. */
function settingsOf(
  { name, password }: Credentials,
  { env, mqttPort, mqttsPort }: StationAddress,
  before: string,
  between: string,
): string {
  const settings: readonly (readonly [string, string])[] = [
    ["uid", name],
    ["broker.host", location.hostname.replace(/^\[(.*)\]$/, "$1")],
    ["broker.port", String(mqttsPort ?? mqttPort)],
    ...(mqttsPort === undefined ? [] : [["broker.transport", "tls"] as const]),
    ["broker.userName", name],
    ["broker.password", password],
    ...(env === "field" ? [] : [["env", env] as const]),
  ];
  return settings.map(([key, value]) => `${before}${key}${between}${quoted(value)}`).join(" ");
}

/** Quotes a word for a shell. */
function quoted(text: string): string {
  return /^[\w.:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
