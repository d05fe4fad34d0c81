/** The console: send, see what became of it, see who is there, add who is not. */
import { render } from "preact";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { fetchSession, logOut, type Session } from "./model/station-client.ts";
import { StationModel } from "./model/station-model.ts";
import { BrokerNote } from "./views/broker-note.tsx";
import { ConnectView } from "./views/connect-view.tsx";
import { DeviceView } from "./views/device-view.tsx";
import { DevicesView } from "./views/devices-view.tsx";
import { HistoryView } from "./views/history-view.tsx";
import { LoginView } from "./views/login-view.tsx";
import { PagePager } from "./views/page-pager.tsx";
import { PeopleView } from "./views/people-view.tsx";
import { SendView } from "./views/send-view.tsx";
import { UpdatesView } from "./views/updates-view.tsx";
import { WebhooksPanel } from "./views/webhooks-panel.tsx";

const VIEWS = Object.freeze([
  ["send", "Send"],
  ["history", "History"],
  ["devices", "Devices"],
  ["people", "People"],
  ["connect", "Connect"],
] as const);

function Console({ env }: { readonly env: string }) {
  const [session, setSession] = useState<Session | "none">();
  useEffect(() => {
    fetchSession().then(setSession, () => setSession("none"));
  }, []);
  if (session === undefined) return <p class="hint">…</p>;
  if (session === "none") return <LoginView onLogin={setSession} />;
  return <Station env={env} session={session} onLogout={() => setSession("none")} />;
}

interface StationProps {
  readonly env: string;
  readonly session: Session;
  readonly onLogout: () => void;
}

function Station({ env, session, onLogout }: StationProps) {
  const [, setVersion] = useState(0);
  const model = useMemo(() => new StationModel(() => setVersion((version) => version + 1), onLogout), []);
  useEffect(() => model.start(), []);
  const [view = "send", argument] = usePlace();
  const broker = model.station?.broker;
  const end = useCallback(() => void logOut().then(onLogout, onLogout), []);
  return (
    <>
      <header class="top">
        <h1>Fieldpager</h1>
        <nav aria-label="Views">
          {VIEWS.map(([name, title]) => (
            <a key={name} href={`#${name}`} aria-current={view === name ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <p class="who">
          <span class={model.isLive ? "live" : "live lost"} role="status">
            {model.isLive ? "live" : "station does not answer"}
          </span>
          <span class="account">{session.name}</span>
          <button type="button" class="quiet" onClick={end}>
            Log out
          </button>
        </p>
      </header>
      <main>
        {/* Goes on while another view is looked at: it holds the pager's connection and a half-written push. */}
        <div hidden={view !== "send"} class="columns">
          <SendView model={model} session={session} />
          {broker ? <BrokerNote broker={broker} /> : <PagePager env={env} owner={session.name} />}
        </div>
        {view === "history" && <HistoryView model={model} session={session} />}
        {view === "devices" && argument === undefined && (
          <>
            <DevicesView model={model} />
            {session.isAdmin && <UpdatesView model={model} />}
          </>
        )}
        {view === "devices" && argument !== undefined && <DeviceView key={argument} uid={argument} model={model} />}
        {view === "connect" && (
          <>
            <ConnectView model={model} />
            <WebhooksPanel session={session} />
          </>
        )}
        {view === "people" && <PeopleView model={model} session={session} onLogout={onLogout} />}
      </main>
    </>
  );
}

/** The parts of the address behind its number sign, split at slashes. */
function usePlace(): readonly (string | undefined)[] {
  const read = () =>
    location.hash
      .slice(1)
      .split("/")
      .map((part) => (part === "" ? undefined : decodePart(part)));
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const onChange = () => setPlace(read());
    addEventListener("hashchange", onChange);
    return () => removeEventListener("hashchange", onChange);
  }, []);
  return place;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const place = document.getElementById("console");
if (place) render(<Console env={place.dataset.env ?? "field"} />, place);
