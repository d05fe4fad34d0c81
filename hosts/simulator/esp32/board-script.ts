/** The result of an attempt to join the network. */
export type WifiAnswer = "joined" | "refused" | "no address" | "no IPv6" | "throws";

/** An access point in the air. */
export interface SimulatedAccessPoint {
  readonly ssid: string;
  /** In dBm. */
  readonly rssi: number;
  /** Two access points of one network have two of them. */
  readonly bssid?: string;
  /** Without one it is open. */
  readonly password?: string;
  readonly answer?: WifiAnswer;
}

/** What a time server answers: seconds, or an error. */
export type TimeAnswer = number | "error" | "throws";

/** A driver that throws whenever it is used, from the line `break` with its name until the line `mend`. */
export type BreakableDriver =
  | "wifi"
  | "buttons"
  | "vibration"
  | "screen"
  | "analog"
  | "i2c"
  | "sound"
  | "light"
  | "ethernet"
  | "digital"
  | "bluetooth"
  | "serial";

/** How the simulated drivers of `simulated-board.ts` answer. */
export interface BoardScript {
  /** A folder of `hosts/esp32/boards`. Without it, `m5stack`. */
  readonly board?: string;
  /** Whether the cable of Ethernet is in when the board starts; it is, without this. */
  readonly cable?: "out";
  /** What is in the air. A line `air` with such a list changes it. Without this there is one network, `lab`, which answers as `wifi` says. */
  readonly air?: readonly SimulatedAccessPoint[];
  /** One for each attempt. The last one is used for all further attempts. */
  readonly wifi?: readonly WifiAnswer[];
  readonly time?: readonly TimeAnswer[];
  readonly flash?: "refuses to open" | "refuses to write";
  readonly touch?: "is missing" | "fails" | "has an unseen edge";
  /** There is a finger on the label of the middle button at the start. */
  readonly finger?: boolean;
  /** The board has no loudspeaker and no buzzer. */
  readonly sound?: "none";
  /** A button that is down when the board starts. */
  readonly held?: "a" | "b" | "c";
  /** The SDK's name of the last reset. */
  readonly reset?: string;
  /** Level of the battery, 0 to 1. "none": there is none in the board. */
  readonly battery?: number | "none";
  readonly isCharging?: boolean;
  /** What the driver of the acceleration measures. Without it, the board has no such sensor. */
  readonly acceleration?: { readonly x: number; readonly y: number; readonly z: number };
  /** Of a Core2: version 1.1 has another one. */
  readonly powerChip?: "AXP2101";
  /** What has woken the board. Without it, it has not slept. */
  readonly wake?: "timer" | "button";
  /** Which program runs, where it is not the first one: its slot and its version. */
  readonly slot?: 0 | 1;
  readonly version?: string;
  /** Where the DNS server of set-up listens. Default: on a free port. */
  readonly dnsPort?: number;
  /** The clock begins in 1970, as after power-on. */
  readonly clock?: "unset";
  /** What is on the I2C buses: pins of data and clock, and the address in hexadecimal digits, `21:22 44`. Lines `plug` and `unplug` change it. */
  readonly i2c?: readonly string[];
  /** What the clock chip shows, in seconds. Without it the chip has stopped. */
  readonly chipSeconds?: number;
}

/**
 * The board, as the global `simulatedBoard`. The linker runs some drivers before there is a board, so they cannot
 * import it.
 */
export interface SimulatedBoard {
  readonly script: BoardScript;
  /** The events that a line of input can trigger, by that line. */
  readonly events: Map<string, () => void>;
  /** The same for lines with words after the name of a command, of one or two words. */
  readonly commands: Map<string, (words: readonly string[]) => void>;
  /** What is in the air now. */
  readonly air: readonly SimulatedAccessPoint[] | undefined;
  nextTime(): TimeAnswer;
  nextWifi(): WifiAnswer;
  isBroken(driver: BreakableDriver): boolean;
  /** What is on the I2C buses now, and the connections that drivers have open. */
  readonly i2c: { readonly plugged: Set<string>; readonly opened: Set<string> };
  /** What a register of the gauge of the battery holds. */
  readRegister(register: number): number;
  /** The computer's clock, which nobody sets. */
  computerMs(): number;
  readonly startedMs: number;
  readonly runningSlot: number;
  setClock(seconds: number): void;
  /** The program ends. Whoever started it gets this exit status. */
  end(status: number): void;
  /** Connects the next button, from the left, to a driver. */
  wireButton(onPush: () => void): { readonly isDown: boolean };
}
