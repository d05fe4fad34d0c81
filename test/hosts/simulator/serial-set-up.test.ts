/**
 * Set-up of a board over its serial line, in the simulator's engine. At the other end is what the console uses over USB. Frames and
 * lines of the log share the line, which has its rate and its buffers of 128 bytes.
 */
import { describe, expect, it } from "vitest";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { UsbDevice, type UsbPort } from "../../../hosts/station/console/model/usb-setup.ts";
import { encodeCopy } from "../../../src/gateway/kept-settings.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import { encodeSetupCode } from "../../../src/payload/setup-code.ts";
import type { Broker } from "../../brokers/broker.ts";
import { fromHex, toHex } from "../../vectors/vector.ts";
import { type Bench, eventually, useBench } from "./bench.ts";
import { AIR, keep, RESTARTED, said, says, switchOn as switchBoardOn, WIFI_PASSWORD } from "./launched-board.ts";

const ONLINE = "51";
const POLL_MS = 10;

/** The serial line of a simulated board, as a browser has it. */
class SimulatedPort implements UsbPort {
  readonly #simulator: LaunchedSimulator;
  #readable: ReadableStream<Uint8Array> | undefined;
  #isOpen = false;

  constructor(simulator: LaunchedSimulator) {
    this.#simulator = simulator;
  }

  get readable(): ReadableStream<Uint8Array> | null {
    if (!this.#isOpen) return null;
    this.#readable ??= this.#newReadable();
    return this.#readable;
  }

  readonly writable = new WritableStream<Uint8Array>({
    write: (bytes) => this.#simulator.say(`serial ${toHex(bytes)}`),
  });

  async open(): Promise<void> {
    this.#isOpen = true;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  #newReadable(): ReadableStream<Uint8Array> {
    const { lines } = this.#simulator;
    let at = lines.length;
    let timer: NodeJS.Timeout;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        timer = setInterval(() => {
          for (; at < lines.length; at += 1) {
            const [, hex] = /^serial bytes: (\w+)$/.exec(lines[at] as string) ?? [];
            if (hex !== undefined) controller.enqueue(fromHex(hex));
          }
        }, POLL_MS);
      },
      cancel: () => {
        clearInterval(timer);
        this.#readable = undefined;
      },
    });
  }
}

let bench: Bench;
let broker: Broker;
useBench((...opened) => {
  [bench, broker] = opened;
});

const switchOn = () => switchBoardOn(bench, { air: AIR });

const keepSettings = (values: Values) => keep(bench, "settings-a", encodeCopy(values, 1));

/** Waits until the log has said this so often. */
const saysTimes = (simulator: LaunchedSimulator, words: string, count: number) =>
  eventually(() => expect(said(simulator, words).length, log(simulator)).toBeGreaterThanOrEqual(count));

const log = (simulator: LaunchedSimulator) => said(simulator, "").join("\n");

const plugIn = (simulator: LaunchedSimulator) =>
  UsbDevice.connect({ requestPort: async () => new SimulatedPort(simulator) }, () => {});

const codeOf = (settings: Readonly<Record<string, string>>) =>
  encodeSetupCode({ "broker.host": "127.0.0.1", "broker.port": String(broker.port), ...settings });

async function receivesPage(simulator: LaunchedSimulator, uid: string): Promise<void> {
  const sender = await bench.sender(broker.port, uid);
  await says(simulator, `connected to 127.0.0.1:${broker.port}`);
  await eventually(() => expect(sender.presence.at(-1)?.hex, log(simulator)).toBe(ONLINE));
  // It tells its presence before it has subscribed. Under another uid it first takes back what the former one had.
  await eventually(async () => {
    await sender.push(uid, { id: "first", text: "Pump 3 over temperature" });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sender.statesOf("first"), log(simulator)).toEqual(["stored", "shown"]);
  });
}

describe("a new board, over USB", () => {
  it("scans, is told of a wrong password, joins, takes a code, restarts, and receives a page", async () => {
    const simulator = switchOn();
    await says(simulator, "Set-up: ");
    const device = await plugIn(simulator);
    expect(device.words).toBe("pager-aabbcc (m5stack, Fieldpager 1.2.0)");
    expect(device.hasNetwork).toBe(false);
    expect(await device.scan()).toEqual([
      { name: "lab", rssi: -48, secured: true },
      { name: "<b>guests</b>", rssi: -60, secured: false },
    ]);
    await expect(device.join("lab", "wrong password")).rejects.toThrow("cannot join lab");
    await says(simulator, 'set-up: the network "lab" does not let the device in: is the password right?');
    expect(device.hasNetwork).toBe(false);
    await device.join("lab", WIFI_PASSWORD);
    expect(device.hasNetwork).toBe(true);
    const words: string[] = [];
    await device.give(codeOf({ uid: "bay-7" }), (word) => words.push(word));
    expect(words).toEqual(["The device tries its settings…"]);
    expect(await simulator.ended).toBe(RESTARTED);
    await receivesPage(switchOn(), "bay-7");
  });

  it("says why it does not keep a code, and does not keep it", async () => {
    const simulator = switchOn();
    await says(simulator, "Set-up: ");
    const device = await plugIn(simulator);
    const gone = codeOf({ "broker.port": "1", "wifi.ssid": "lab", "wifi.password": WIFI_PASSWORD });
    await expect(device.give(gone, () => {})).rejects.toThrow("The device refused it: no connection to 127.0.0.1");
    const wrong = codeOf({ "screen.timeZone": "Mars/Olympus", "wifi.ssid": "lab" });
    await expect((await plugIn(simulator)).give(wrong, () => {})).rejects.toThrow('screen.timeZone: "Mars/Olympus"');
    await simulator.kill();
    await says(switchOn(), "Set-up: ");
  });
});

describe("a new board with Ethernet, over USB", () => {
  const ETHERNET = { board: "wt32_eth01" } as const;

  it("needs no Wi-Fi: it takes a code, restarts, and receives a page", async () => {
    const simulator = switchBoardOn(bench, ETHERNET);
    await says(simulator, "Set-up: send a set-up code over the serial line");
    const device = await plugIn(simulator);
    expect(device.hasNetwork).toBe(true);
    expect(await device.scan()).toEqual([]);
    await expect(device.join("lab", WIFI_PASSWORD)).rejects.toThrow("cannot join lab");
    await says(simulator, "set-up: setting wifi.ssid: there is no such setting");
    await device.give(codeOf({ uid: "cabinet-7" }), () => {});
    expect(await simulator.ended).toBe(RESTARTED);
    await receivesPage(switchBoardOn(bench, ETHERNET), "cabinet-7");
  });

  it("says that there is no address, and takes the code when it is in", async () => {
    const simulator = switchBoardOn(bench, { ...ETHERNET, cable: "out" });
    await says(simulator, "Set-up: send");
    await expect((await plugIn(simulator)).give(codeOf({}), () => {})).rejects.toThrow(
      "The device refused it: the network has given no address",
    );
    simulator.say("cable in");
    await (await plugIn(simulator)).give(codeOf({}), () => {});
    expect(await simulator.ended).toBe(RESTARTED);
  });
});

describe("the serial line of a board", () => {
  /** A frame of Improv, as the protocol's table has it. */
  const frame = (type: number, ...data: readonly number[]) => {
    const bytes = [...new TextEncoder().encode("IMPROV"), 1, type, data.length, ...data];
    return [...bytes, bytes.reduce((sum, byte) => sum + byte, 0) & 255];
  };
  const hexOf = (bytes: readonly number[]) => toHex(Uint8Array.from(bytes));

  it("takes frames cut anywhere, refuses wrong sums and unknown commands, and answers after them", async () => {
    const simulator = switchOn();
    await says(simulator, "Set-up: and open");
    const written = () => simulator.lines.map((line) => /^serial bytes: (\w+)$/.exec(line)?.[1] ?? "").join("");
    const answers = (frame: readonly number[], count: number) =>
      eventually(() => expect(written().split(hexOf(frame)).length - 1, log(simulator)).toBe(count));
    const [isReady, isInvalid, isUnknown] = [frame(1, 2), frame(2, 1), frame(2, 2)];
    const asked = frame(3, 2, 0);
    for (let cut = 1; cut < asked.length; cut += 1) {
      simulator.say(`serial ${hexOf(asked.slice(0, cut))}`);
      // The line takes 1 ms for a piece. So the board has read this one before the next one comes.
      await new Promise((resolve) => setTimeout(resolve, 2 * POLL_MS));
      simulator.say(`serial ${hexOf(asked.slice(cut))}`);
      await answers(isReady, cut);
    }
    simulator.say(`serial ${hexOf([...asked.slice(0, -1), 0])}`);
    await answers(isInvalid, 1);
    simulator.say(`serial ${hexOf(frame(3, 9, 0))}`);
    await answers(isUnknown, 1);
    simulator.say(`serial ${hexOf([0, 255, ...asked, ...asked])}`);
    await answers(isReady, asked.length + 1);
  });
});

describe("a running board, over USB", () => {
  const running = () => ({
    "wifi.ssid": "lab",
    "wifi.password": WIFI_PASSWORD,
    "broker.host": "127.0.0.1",
    "broker.port": broker.port,
    "telemetry.interval": 0,
  });

  it("says what it is, refuses a code and goes on, takes another one and restarts with it", async () => {
    keepSettings(running());
    const simulator = switchOn();
    await says(simulator, "connected to");
    const device = await plugIn(simulator);
    expect(device.words).toBe("pager-aabbcc (m5stack, Fieldpager 1.2.0)");
    expect(device.hasNetwork).toBe(true);
    expect(await device.scan()).toEqual([]);
    await expect(device.join("other", "x")).rejects.toThrow("cannot join other");
    await saysTimes(simulator, "connected to", 2);
    await expect(device.give(codeOf({ "broker.port": "1" }), () => {})).rejects.toThrow("no connection to 127.0.0.1");
    await saysTimes(simulator, "connected to", 3);
    await (await plugIn(simulator)).give(codeOf({ uid: "bay-8" }), () => {});
    expect(await simulator.ended).toBe(RESTARTED);
    await receivesPage(switchOn(), "bay-8");
  });
});
