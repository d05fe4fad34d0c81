/**
 * Sets up a device over its serial line: by Improv, as browsers speak it, and by a line with a set-up code. That is answered by the
 * lines `setup: trying`, and then `setup: kept` or `setup: ` and the reason. It speaks only when it is spoken to.
 */
import { messageOf } from "../../../src/errors.ts";
import { SETUP_CODE_CHARACTERS_MAX } from "../../../src/limits.ts";
import { decodeSetupCode } from "../../../src/payload/setup-code.ts";
import { encodeUtf8 } from "../../../src/utf8.ts";
import type { SerialReader } from "../board.ts";
import { COMMAND, decodeWifiSettings, encodeFrame, encodeResult, FRAME, IMPROV_ERROR, STATE } from "./improv.ts";
import { type SetupInput, SetupReader } from "./setup-reader.ts";
import type { VisibleNetwork } from "./visible-network.ts";

/** What a set-up asks of the device. */
export interface SetupDevice {
  /** Name and version of the firmware, the board, and the name of this device. */
  readonly info: readonly [firmware: string, version: string, board: string, name: string];
  /** Whether it has a network in its settings. */
  readonly hasNetwork: boolean;
  /** The page of the device, or empty text. */
  readonly page: string;
  /** Looks for networks, and calls `done` later. Throws where it cannot. */
  scan(done: (networks: readonly VisibleNetwork[]) => void): void;
  /**
   * Tries these settings together with those that it has, and keeps them if they are good. `done` gets the reason why they are not
   * kept, or undefined. Throws where it cannot begin.
   */
  tryOut(settings: Readonly<Record<string, string>>, done: (problem: string | undefined) => void): void;
}

export class SerialSetup implements SerialReader {
  private readonly device: SetupDevice;
  private readonly nowMs: () => number;
  private readonly send: (bytes: Uint8Array) => void;
  private readonly reader: SetupReader;
  private isTrying = false;
  private isScanning = false;

  /** @param send writes bytes as one piece; lines of the log come before or after it */
  constructor(device: SetupDevice, nowMs: () => number, send: (bytes: Uint8Array) => void) {
    this.device = device;
    this.nowMs = nowMs;
    this.send = send;
    this.reader = new SetupReader(SETUP_CODE_CHARACTERS_MAX + 1, (input) => this.handleInput(input));
  }

  get isReading(): boolean {
    return this.reader.isInside;
  }

  handleBytes(bytes: Uint8Array): void {
    this.reader.handleBytes(bytes, this.nowMs());
  }

  private handleInput(input: SetupInput): void {
    switch (input.kind) {
      case "frame":
        if (input.type === FRAME.command) this.handleCommand(input.data);
        break;
      case "wrong sum":
        this.sendError(IMPROV_ERROR.invalidPacket);
        break;
      case "code":
        this.handleCode(input.line);
        break;
      case "code too long":
        this.answer(`a code of more than ${SETUP_CODE_CHARACTERS_MAX} characters`);
        break;
    }
  }

  private handleCommand(data: Uint8Array): void {
    const [command, length] = data;
    if (command === undefined || length !== data.length - 2) {
      this.sendError(IMPROV_ERROR.invalidPacket);
      return;
    }
    const { device } = this;
    if (this.isTrying && command !== COMMAND.currentState) {
      this.sendError(IMPROV_ERROR.unknown);
      return;
    }
    switch (command) {
      case COMMAND.wifiSettings:
        this.tryWifi(data);
        break;
      case COMMAND.currentState:
        this.sendError(IMPROV_ERROR.none);
        this.sendState();
        if (this.state === STATE.provisioned) this.sendResult(command, pageOf(device));
        break;
      case COMMAND.deviceInfo:
        this.sendResult(command, device.info, IMPROV_ERROR.none);
        break;
      case COMMAND.scan:
        this.scan();
        break;
      case COMMAND.hostName:
      case COMMAND.deviceName:
        // The name is the uid, which the station knows. It comes with a set-up code.
        if (length > 0) this.sendError(IMPROV_ERROR.badHostName);
        else this.sendResult(command, [device.info[3]], IMPROV_ERROR.none);
        break;
      default:
        this.sendError(IMPROV_ERROR.unknownCommand);
    }
  }

  private tryWifi(data: Uint8Array): void {
    const wifi = decodeWifiSettings(data);
    if (!wifi || wifi.ssid === "") {
      this.sendError(IMPROV_ERROR.invalidPacket);
      return;
    }
    this.sendError(IMPROV_ERROR.none);
    this.send(encodeFrame(FRAME.state, [STATE.provisioning]));
    this.tryOut({ "wifi.ssid": wifi.ssid, "wifi.password": wifi.password }, (problem) => {
      this.sendState();
      if (problem === undefined) this.sendResult(COMMAND.wifiSettings, pageOf(this.device));
      else this.sendError(IMPROV_ERROR.unableToConnect);
    });
  }

  private scan(): void {
    if (this.isScanning) {
      this.sendError(IMPROV_ERROR.unknown);
      return;
    }
    this.sendError(IMPROV_ERROR.none);
    try {
      this.device.scan((networks) => {
        this.isScanning = false;
        for (const { ssid, signal, isOpen } of networks)
          this.sendResult(COMMAND.scan, [ssid, String(signal), isOpen ? "NO" : "YES"]);
        this.sendResult(COMMAND.scan, []);
      });
      this.isScanning = true;
    } catch {
      this.sendError(IMPROV_ERROR.unknown);
    }
  }

  private handleCode(line: Uint8Array): void {
    if (this.isTrying) {
      this.answer("another set-up is being tried");
      return;
    }
    let settings: Readonly<Record<string, string>>;
    try {
      settings = decodeSetupCode(line);
    } catch (error) {
      this.answer(messageOf(error));
      return;
    }
    this.answer("trying");
    this.tryOut(settings, (problem) => this.answer(problem ?? "kept"));
  }

  private tryOut(settings: Readonly<Record<string, string>>, done: (problem: string | undefined) => void): void {
    this.isTrying = true;
    const end = (problem: string | undefined) => {
      this.isTrying = false;
      done(problem);
    };
    try {
      this.device.tryOut(settings, end);
    } catch (error) {
      end(messageOf(error));
    }
  }

  private get state(): number {
    if (this.isTrying) return STATE.provisioning;
    return this.device.hasNetwork ? STATE.provisioned : STATE.ready;
  }

  private sendState(): void {
    this.send(encodeFrame(FRAME.state, [this.state]));
  }

  private sendError(error: number): void {
    this.send(encodeFrame(FRAME.error, [error]));
  }

  /** @param error an error state that goes before the result */
  private sendResult(command: number, texts: readonly string[], error?: number): void {
    if (error !== undefined) this.sendError(error);
    this.send(encodeResult(command, texts));
  }

  private answer(words: string): void {
    this.send(encodeUtf8(`setup: ${words}\r\n`));
  }
}

function pageOf({ page }: SetupDevice): readonly string[] {
  return page === "" ? [] : [page];
}
