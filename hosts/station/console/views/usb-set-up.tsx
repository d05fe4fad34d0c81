import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import { UsbDevice, type UsbNetwork, webSerial } from "../model/usb-setup.ts";
import { Field, Problem } from "../parts/field.tsx";

const SSID_LENGTH_MAX = 32;
const PASSWORD_LENGTH_MAX = 64;

/** The choice of a network that is not in the list. No network has an empty name. */
const OTHER = "";

interface Props {
  readonly code: string;
  readonly uid: string;
}

type Step = "connect" | "network" | "done";

/** Finds a device at a USB port, asks for its Wi-Fi, and gives it the code. */
export function UsbSetUp({ code, uid }: Props) {
  const serial = webSerial();
  const [step, setStep] = useState<Step>("connect");
  const [isBusy, setBusy] = useState(false);
  const [progress, setProgress] = useState("");
  const [problem, setProblem] = useState("");
  const [networks, setNetworks] = useState<readonly UsbNetwork[]>([]);
  const device = useRef<UsbDevice>(undefined);
  const leave = async () => {
    const left = device.current;
    device.current = undefined;
    await left?.close();
  };
  useEffect(() => () => void leave(), []);
  if (!serial)
    return (
      <p class="hint">
        This browser has no Web Serial. Chrome and Edge have it, where the console is reached by https or on the
        station's own machine.
      </p>
    );
  /** Runs what leads to the next step. When it fails, the user is where the device still is. */
  const run = async (act: () => Promise<Step>) => {
    setProblem("");
    setBusy(true);
    try {
      setStep(await act());
    } catch (error) {
      setProgress("");
      setProblem(messageOf(error));
      setStep(device.current ? "network" : "connect");
    }
    setBusy(false);
  };
  const connect = () =>
    run(async () => {
      const found = await UsbDevice.connect(serial, setProgress);
      device.current = found;
      setProgress(`Found ${found.words}. Looking for networks…`);
      setNetworks(await found.scan());
      setProgress(`Found ${found.words}.`);
      return "network";
    });
  const setUp = (network: { readonly ssid: string; readonly password: string } | undefined) =>
    run(async () => {
      const found = device.current;
      if (!found) return "connect";
      if (network) {
        setProgress(`Joining ${network.ssid}…`);
        await found.join(network.ssid, network.password);
      }
      setProgress("Sending the code…");
      try {
        await found.give(code, setProgress);
      } finally {
        // Improv has ended: the device would have to be found again.
        await leave();
      }
      setProgress(`Done. The device keeps its settings and connects as ${uid}.`);
      return "done";
    });
  return (
    <>
      {step === "connect" && (
        <>
          <p class="hint">Connect the device by USB. Its firmware must be on it already.</p>
          <button type="button" class="primary" disabled={isBusy} onClick={connect}>
            Choose the port
          </button>
        </>
      )}
      {step === "network" && (
        <NetworkForm
          networks={networks}
          hasNetwork={device.current?.hasNetwork === true}
          isBusy={isBusy}
          onNetwork={setUp}
        />
      )}
      <p class="outcome" role="status">
        {progress}
      </p>
      <Problem text={problem} />
    </>
  );
}

interface NetworkFormProps {
  readonly networks: readonly UsbNetwork[];
  /** The device has joined a network before. */
  readonly hasNetwork: boolean;
  readonly isBusy: boolean;
  readonly onNetwork: (network: { readonly ssid: string; readonly password: string } | undefined) => void;
}

function NetworkForm({ networks, hasNetwork, isBusy, onNetwork }: NetworkFormProps) {
  const [chosen, setChosen] = useState(networks[0]?.name ?? OTHER);
  const [other, setOther] = useState("");
  const [password, setPassword] = useState("");
  const isOpen = networks.some(({ name, secured }) => name === chosen && !secured);
  const submit = (event: Event) => {
    event.preventDefault();
    onNetwork({ ssid: chosen === OTHER ? other : chosen, password: isOpen ? "" : password });
  };
  return (
    <form onSubmit={submit} aria-label="Wi-Fi of the device">
      <label for="usb-network">Wi-Fi of the device</label>
      <select id="usb-network" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
        {networks.map(({ name, secured }) => (
          <option key={name} value={name}>
            {secured ? name : `${name} (open)`}
          </option>
        ))}
        <option value={OTHER}>another network</option>
      </select>
      {chosen === OTHER && (
        <Field
          id="usb-ssid"
          label="Name of the network"
          value={other}
          onValue={setOther}
          required
          maxLength={SSID_LENGTH_MAX}
          isName
        />
      )}
      {!isOpen && (
        <Field
          id="usb-password"
          label="Password of the network"
          hint="empty where it has none"
          value={password}
          onValue={setPassword}
          maxLength={PASSWORD_LENGTH_MAX}
          isName
        />
      )}
      <p class="actions-below">
        <button type="submit" class="primary" disabled={isBusy}>
          Set up
        </button>
        {hasNetwork && (
          <button type="button" disabled={isBusy} onClick={() => onNetwork(undefined)}>
            Keep its network
          </button>
        )}
      </p>
    </form>
  );
}
