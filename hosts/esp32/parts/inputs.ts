/** Inputs of the board that the settings name: contacts, levels, voltages. A contact that opens can page somebody. */
import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import { type InputSetting, parseInputs } from "../../../src/gateway/sensor-settings.ts";
import type { Sensor } from "../../../src/seams.ts";
import { Contact } from "../../../src/sensor/contact.ts";
import type { Pager } from "../../moddable/board.ts";
import { INPUT_SETTINGS } from "../../moddable/board-settings.ts";
import { OneTimer } from "../../moddable/clock.ts";
import type { SensorHost, SensorPart } from "../sensing.ts";

/** A contact counts as open or closed when it has been so for this long, in milliseconds. */
const STEADY_MS = 50;

/** A smaller change of a voltage is noise, as a share of the whole range. */
const ANALOG_NOISE = 0.005;

export const inputs: SensorPart = {
  settings: INPUT_SETTINGS,
  open(own, host) {
    const settings = parseInputs(String(own.inputs), String(own["input.pages"]), host.problems);
    const digital = settings.filter(({ kind }) => kind !== "analog").map((input) => new DigitalInput(input, host));
    host.sensors.push(...digital, ...settings.filter(({ kind }) => kind === "analog").map(analogInput));
    return {
      carriers: [],
      start(pager) {
        for (const input of digital) input.start(pager);
      },
    };
  },
};

function analogInput({ name, pin, low, high, unit }: InputSetting): Sensor {
  let analog: Analog | undefined;
  return {
    name,
    unit,
    deadband: Math.abs(high - low) * ANALOG_NOISE,
    sample() {
      analog ??= new Analog({ pin });
      const share = analog.read() / (2 ** analog.resolution - 1);
      return Math.round((low + share * (high - low)) * 1000) / 1000;
    },
  };
}

/** Open is 1, and so is a high level. */
class DigitalInput implements Sensor {
  readonly name: string;
  readonly unit = "";
  readonly deadband = 1;
  readonly isPrompt = true;
  private readonly input: InputSetting;
  private readonly host: SensorHost;
  private readonly contact = new Contact(STEADY_MS);

  constructor(input: InputSetting, host: SensorHost) {
    this.name = input.name;
    this.input = input;
    this.host = host;
  }

  sample(): number | undefined {
    const { isOpen } = this.contact;
    return isOpen === undefined ? undefined : Number(isOpen);
  }

  start(pager: Pager): void {
    const { name, pin, kind, pageTo } = this.input;
    const { clock, guards } = this.host;
    const guard = guards.of(`input ${name}`);
    const steady = new OneTimer(guard);
    guard.run(() => {
      const digital = new Digital({
        pin,
        mode: kind === "contact" ? Digital.InputPullUp : Digital.Input,
        edge: Digital.Rising | Digital.Falling,
        onReadable: () => guard.run(look),
      });
      const look = () => {
        const { isOpen: was } = this.contact;
        const isOpen = digital.read() === 1;
        if (this.contact.handleSample(isOpen, clock.nowMs())) {
          pager.sensed();
          // What is open when the board starts has not opened.
          if (kind === "contact" && isOpen && was !== undefined && pageTo !== undefined)
            pager.send(pageTo, `${name} is open`);
        } else if (isOpen !== this.contact.isOpen) steady.set(STEADY_MS, look);
      };
      look();
    });
  }
}
