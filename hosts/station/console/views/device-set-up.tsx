import { useMemo, useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import { isTimeZone } from "../../../../src/gateway/time-zone.ts";
import { encodeSetupCode, type SetupCodeSettings } from "../../../../src/payload/setup-code.ts";
import { makeQrCode } from "../../../browser/qr-code.ts";
import type { Credentials, StationAddress } from "../model/station-client.ts";
import { Field } from "../parts/field.tsx";
import { Line } from "../parts/line.tsx";
import { QrPicture } from "../parts/qr-picture.tsx";
import { UsbSetUp } from "./usb-set-up.tsx";

/** Longest name of a host, in characters. */
const HOST_LENGTH_MAX = 253;

/** Longest chain of authorities, in characters. A set-up code holds no longer one. */
const AUTHORITY_LENGTH_MAX = 8_000;

interface Props {
  readonly login: Credentials;
  readonly station: StationAddress;
}

/** Three ways to give a new device what it logs in with. */
export function DeviceSetUp({ login, station }: Props) {
  const isSecure = station.mqttsPort !== undefined;
  const [host, setHost] = useState(ownHost);
  const [authority, setAuthority] = useState(station.authority ?? "");
  const settings = settingsOf(login, station, host.trim(), authority.trim());
  const code = useMemo(() => codeOf(settings, isSecure), [login, station, host, authority]);
  return (
    <>
      <Field
        id="setup-host"
        label="Address of this station"
        hint={
          isLoopback(host) ? "as the device reaches it; this one means the device itself" : "as the device reaches it"
        }
        value={host}
        onValue={setHost}
        maxLength={HOST_LENGTH_MAX}
        isName
      />
      {isSecure && (
        <>
          <label for="setup-authority">
            Authority of its certificate <span class="hint">PEM; a board knows none of its own</span>
          </label>
          <textarea
            id="setup-authority"
            rows={3}
            maxLength={AUTHORITY_LENGTH_MAX}
            spellcheck={false}
            value={authority}
            onInput={(event) => setAuthority(event.currentTarget.value)}
          />
        </>
      )}
      <details class="way" name="way" open>
        <summary>With this code</summary>
        {"problem" in code ? <p class="hint">{code.problem}</p> : <CodeWay code={code.text} />}
      </details>
      <details class="way" name="way">
        <summary>Over USB</summary>
        {"problem" in code ? <p class="hint">{code.problem}</p> : <UsbSetUp code={code.text} uid={login.name} />}
      </details>
      <details class="way" name="way">
        <summary>By command</summary>
        <Line label="To try it on a computer" text={`npm run pager -- ${flagsOf(settings, "--", " ")}`} />
        {isSecure && (
          <p class="hint">
            Add <code>broker.ca</code>, the authority of the station's certificate; a computer may know it already.
          </p>
        )}
        <Line label="To flash a board" text={`npm run deploy -- m5stack ${flagsOf(settings, "", "=")}`} />
      </details>
    </>
  );
}

function CodeWay({ code }: { readonly code: string }) {
  const picture = useMemo(() => makeQrCode(code), [code]);
  return (
    <>
      <p class="hint">
        Give it to the page of the device, which its screen leads to. It holds the password: show it to nobody else.
      </p>
      {picture && <QrPicture code={picture} label="Set-up code" />}
      <Line label="Set-up code" text={code} />
    </>
  );
}

type Code = { readonly text: string } | { readonly problem: string };

function codeOf(settings: SetupCodeSettings, isSecure: boolean): Code {
  if (!settings["broker.host"]) return { problem: "First fill in the address of this station." };
  if (isSecure && !settings["broker.ca"])
    return { problem: "First fill in the authority of the station's certificate." };
  try {
    return { text: encodeSetupCode(settings) };
  } catch (error) {
    return { problem: `No code can be made: ${messageOf(error)}.` };
  }
}

function settingsOf(
  { name, password }: Credentials,
  { env, mqttPort, mqttsPort }: StationAddress,
  host: string,
  authority: string,
): SetupCodeSettings {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return {
    uid: name,
    "broker.host": host,
    "broker.port": String(mqttsPort ?? mqttPort),
    ...(mqttsPort === undefined ? {} : { "broker.transport": "tls" }),
    "broker.userName": name,
    "broker.password": password,
    ...(env === "field" ? {} : { env }),
    ...(isTimeZone(timeZone) ? { "screen.timeZone": timeZone } : {}),
    ...(mqttsPort === undefined || authority === "" ? {} : { "broker.ca": authority }),
  };
}

/** The settings as a command takes them. An authority is too long for that, and a computer has a time zone. */
function flagsOf(settings: SetupCodeSettings, before: string, between: string): string {
  const { "broker.ca": _authority, "screen.timeZone": _zone, ...short } = settings;
  return Object.entries(short)
    .map(([key, value]) => `${before}${key}${between}${quoted(value)}`)
    .join(" ");
}

/** Quotes a word for a shell. */
function quoted(text: string): string {
  return /^[\w.:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function ownHost(): string {
  return location.hostname.replace(/^\[(.*)\]$/, "$1");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
