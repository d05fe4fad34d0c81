import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import type { DeviceSummary } from "../../shared/device.ts";
import type { DeviceUpdate, FirmwareImage, UpdatesAnswer } from "../../shared/update.ts";
import { fetchUpdates, orderUpdate } from "../model/station-client.ts";
import type { StationModel } from "../model/station-model.ts";
import { Problem } from "../parts/field.tsx";

/** Milliseconds between two looks at how far the updates are. */
const LOOK_MS = 2_000;

/** The firmware images that the station serves, and the devices that could run them. For administrators. */
export function UpdatesView({ model }: { readonly model: StationModel }) {
  const [answer, setAnswer] = useState<UpdatesAnswer>({ images: [], updates: [] });
  const [problem, setProblem] = useState("");
  const look = () => fetchUpdates().then(setAnswer, (error) => setProblem(messageOf(error)));
  useEffect(() => {
    void look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const order = (image: FirmwareImage, devices: readonly string[]) => {
    setProblem("");
    orderUpdate(image.name, devices).then(look, (error) => setProblem(messageOf(error)));
  };
  return (
    <section class="panel" aria-labelledby="updates-heading">
      <h2 id="updates-heading">Firmware</h2>
      <Problem text={problem} />
      {answer.images.length === 0 && (
        <p class="hint">
          No image is there. <code>npm run release -- &lt;board&gt;</code> puts one into the station's folder of images.
        </p>
      )}
      {answer.images.map((image) => (
        <Image
          key={image.name}
          image={image}
          devices={model.devices.filter(({ firmware }) => firmware?.takesUpdates && firmware.board === image.board)}
          updates={answer.updates}
          onOrder={(devices) => order(image, devices)}
        />
      ))}
    </section>
  );
}

interface ImageProps {
  readonly image: FirmwareImage;
  /** Those of its board that take updates. */
  readonly devices: readonly DeviceSummary[];
  readonly updates: readonly DeviceUpdate[];
  readonly onOrder: (devices: readonly string[]) => void;
}

function Image({ image, devices, updates, onOrder }: ImageProps) {
  const others = devices.filter(({ firmware }) => firmware?.version !== image.version).map(({ uid }) => uid);
  return (
    <div data-image={image.name}>
      <h3>
        {image.board} {image.version} <span class="hint">{`${(image.bytes / 1024).toFixed(0)} KB`}</span>
      </h3>
      <button type="button" disabled={others.length === 0} onClick={() => onOrder(others)}>
        {`Update all ${others.length} that run another version`}
      </button>
      <ul class="roster">
        {devices.map(({ uid, firmware }) => {
          const update = updates.find((each) => each.device === uid && each.version === image.version);
          return (
            <li key={uid} data-device={uid}>
              <b>{uid}</b> <span class="hint">{`runs ${firmware?.version}`}</span>{" "}
              <span role="status">{update && describe(update)}</span>{" "}
              {firmware?.version !== image.version && (
                <button type="button" class="quiet" onClick={() => onOrder([uid])}>
                  Update
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function describe({ state, percent, words }: DeviceUpdate): string {
  switch (state) {
    case "ordered":
      return "ordered, the device has not begun";
    case "loading":
      return `loading, ${percent} %`;
    case "starting":
      return "loaded, the device starts it";
    case "done":
      return "done";
    case "failed":
      return `failed: ${words}`;
  }
}
