/**
 * Improv over a serial line: the frames of the published protocol, a line that damages them, and the library that browsers use at
 * the other end.
 */
import { ImprovSerial } from "improv-wifi-serial-sdk/dist/serial.js";
import { beforeEach, describe, expect, it } from "vitest";
import { SetupReader } from "../../../hosts/moddable/setup/setup-reader.ts";
import { SETUP_CODE_CHARACTERS_MAX } from "../../../src/limits.ts";
import { encodeSetupCode } from "../../../src/payload/setup-code.ts";
import { integerBetween, seededRandom } from "../../random.ts";
import { fromHex, toHex } from "../../vectors/vector.ts";
import { ScriptedDevice } from "./setup-device.ts";

const text = (words: string) => new TextEncoder().encode(words);
const hexOf = (words: string) => toHex(text(words));
const joined = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** A frame as in the protocol's table, with its checksum. */
function frame(type: number, dataHex: string): Uint8Array {
  const data = fromHex(dataHex);
  const bytes = [...text("IMPROV"), 1, type, data.length, ...data];
  return Uint8Array.from([...bytes, bytes.reduce((sum, byte) => sum + byte, 0) & 255]);
}

/** A device on a serial line, and what it has sent. */
class Line {
  readonly sent: Uint8Array[] = [];
  nowMs = 0;
  readonly device = new ScriptedDevice(
    (bytes) => this.sent.push(bytes),
    () => this.nowMs,
  );

  give(...parts: readonly Uint8Array[]): void {
    for (const part of parts) this.device.setup.handleBytes(part);
  }

  /** What was sent since the last call: frames as hexadecimal digits, without the end of the line, and lines as text. */
  take(): readonly string[] {
    return this.sent.splice(0).map((bytes) => {
      const isFrame = bytes[0] === 0x0a;
      return isFrame ? toHex(bytes.subarray(1, -1)) : new TextDecoder().decode(bytes);
    });
  }
}

const command = (dataHex: string) => frame(3, dataHex);
const shown = (type: number, dataHex: string) => toHex(frame(type, dataHex));
const NO_ERROR = shown(2, "00");
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

let line: Line;
beforeEach(() => {
  line = new Line();
});

describe("a device on a serial line", () => {
  it("answers the commands of the protocol with its frames", async () => {
    line.give(command("0200"));
    expect(line.take()).toEqual([NO_ERROR, shown(1, "02")]);
    line.give(command("0300"));
    const info = `0a${hexOf("Fieldpager")}05${hexOf("0.1.0")}07${hexOf("m5stack")}0c${hexOf("pager-aabbcc")}`;
    expect(line.take()).toEqual([NO_ERROR, shown(4, `0326${info}`)]);
    line.give(command("0400"));
    await later();
    expect(line.take()).toEqual([
      NO_ERROR,
      shown(4, `040c03${hexOf("lab")}03${hexOf("-52")}03${hexOf("YES")}`),
      shown(4, `040901${hexOf("a")}02${hexOf("-7")}03${hexOf("YES")}`),
      shown(4, `040d05${hexOf("guest")}03${hexOf("-80")}02${hexOf("NO")}`),
      shown(4, "0400"),
    ]);
    line.give(command("0500"), command("0600"));
    const name = `0d0c${hexOf("pager-aabbcc")}`;
    expect(line.take()).toEqual([NO_ERROR, shown(4, `05${name}`), NO_ERROR, shown(4, `06${name}`)]);
    line.give(command(`0505${hexOf("other")}`), command("0700"));
    expect(line.take()).toEqual([shown(2, "05"), shown(2, "02")]);
  });

  it("takes the Wi-Fi settings of the protocol's example, and says that they do not work", async () => {
    line.give(command(`01 1e 0c ${hexOf("MyWirelessAP")} 10 ${hexOf("mysecurepassword")}`));
    expect(line.take()).toEqual([NO_ERROR, shown(1, "03")]);
    line.give(command("0200"), command("0400"));
    expect(line.take()).toEqual([NO_ERROR, shown(1, "03"), shown(2, "ff")]);
    await later();
    expect(line.device.tries).toEqual([{ "wifi.ssid": "MyWirelessAP", "wifi.password": "mysecurepassword" }]);
    expect(line.take()).toEqual([shown(1, "02"), shown(2, "03")]);
    line.give(command(`01 0d 03 ${hexOf("lab")} 08 ${hexOf("secret 1")}`));
    await later();
    expect(line.take()).toEqual([NO_ERROR, shown(1, "03"), shown(1, "04"), shown(4, "0100")]);
    line.give(command("0200"));
    expect(line.take()).toEqual([NO_ERROR, shown(1, "04"), shown(4, "0200")]);
  });

  it.each([
    ["no length", "01"],
    ["a length that is not its own", "01 05 03 6c6162 00 00"],
    ["an SSID past its end", "01 05 09 6c6162 00"],
    ["a password past its end", "01 05 03 6c6162 05"],
    ["an empty SSID", "01 02 00 00"],
    ["no UTF-8", "01 04 02 ff fe 00"],
  ])("refuses Wi-Fi settings with %s", (_, dataHex) => {
    line.give(command(dataHex));
    expect(line.take()).toEqual([shown(2, "01")]);
    expect(line.device.tries).toEqual([]);
  });

  it("finds frames that come byte by byte, after noise, between lines, and after a part of a frame", () => {
    const asked = command("0200");
    const answer = [NO_ERROR, shown(1, "02")];
    for (const byte of asked) line.give(Uint8Array.of(byte));
    expect(line.take()).toEqual(answer);
    for (const before of ["", "\0\u0001\xff", "IMPRO", "IMPIMPROIMPROV", "ets Jun  8 2016\r\n", "\r\n\r\n", "fp"]) {
      line.give(joined(text(before), asked, text("\n")));
      expect(line.take(), before).toEqual(answer);
    }
    line.give(joined(asked, asked));
    expect(line.take()).toEqual([...answer, ...answer]);
    line.give(asked.subarray(0, 9));
    line.nowMs += 2_000;
    line.give(asked);
    expect(line.take()).toEqual(answer);
  });

  it("says that a frame with a wrong checksum is invalid, and loses no frame after lost bytes", () => {
    const asked = command("0200");
    line.give(Uint8Array.from([...asked.subarray(0, -1), 0]));
    expect(line.take()).toEqual([shown(2, "01")]);
    const long = command(`01 0d 03 ${hexOf("lab")} 08 ${hexOf("secret 1")}`);
    for (let lost = 9; lost < long.length; lost += 1) {
      line.give(joined(long.subarray(0, lost - 2), long.subarray(lost), asked, asked));
      line.give(text("\n".repeat(30)));
      expect(line.take().slice(-2), `${lost}`).toEqual([NO_ERROR, shown(1, "02")]);
    }
    expect(line.device.tries).toEqual([]);
  });

  it("sends no frame whose length byte the usual client would read as the end of a line", async () => {
    line.device.networks = [{ ssid: "ab", signal: -7, isOpen: true }];
    line.give(command("0400"));
    await later();
    const [, network] = line.take();
    expect(network).toBe(shown(4, `04090${2}${hexOf("ab")}02${hexOf("-7")}02${hexOf("NO")}`));
    line.device.networks = [{ ssid: "a", signal: -7, isOpen: true }];
    line.give(command("0400"));
    await later();
    expect(line.take()[1]).toBe(shown(4, `0408 01${hexOf("a")}02${hexOf("-7")}02${hexOf("NO")} 00`));
  });

  it("takes a line with a set-up code and answers with a line", async () => {
    Object.assign(line.device.kept, { "wifi.ssid": "lab", "wifi.password": "secret 1" });
    const settings = { uid: "bay-7", "broker.host": "10.0.0.2", "broker.password": "p" };
    const code = encodeSetupCode(settings);
    let tried = 0;
    for (const [words, answer] of [
      [`${code}\n`, "setup: kept\r\n"],
      [`\r\n  ${code.toLowerCase()}\r\n`, "setup: kept\r\n"],
      [`${encodeSetupCode({ "broker.host": "gone" })}\n`, "setup: gone has no address\r\n"],
      [`${code.slice(0, -1)}\n`, "setup: set-up code at byte"],
      ["FP2:AAAA\n", "setup: set-up code at byte 2: version 2"],
      [`FP1:${"A".repeat(SETUP_CODE_CHARACTERS_MAX)}\n`, "setup: a code of more than 4296 characters"],
      ["help\nFieldpager\n\n", undefined],
    ] as const) {
      line.give(text(words));
      await later();
      const answers = line.take();
      const isTried = answers[0] === "setup: trying\r\n";
      if (answer === undefined) expect(answers).toEqual([]);
      else expect(answers.slice(isTried ? 1 : 0)).toEqual([expect.stringContaining(answer)]);
      expect(isTried, words).toBe(line.device.tries.length > tried);
      tried = line.device.tries.length;
    }
    expect(line.device.kept).toMatchObject(settings);
    line.give(text(`${code}\n${code}\n`));
    expect(line.take()).toEqual(["setup: trying\r\n", "setup: another set-up is being tried\r\n"]);
    await later();
    expect(line.take()).toEqual(["setup: kept\r\n"]);
  });

  it("takes a code that contains the first letters of a frame", () => {
    const inputs: string[] = [];
    const reader = new SetupReader(100, (input) => inputs.push(input.kind));
    reader.handleBytes(text("FP1:AIMPROVAIMPROV\n"), 0);
    expect(inputs).toEqual(["code"]);
  });

  it("still answers after 20,000 pieces of noise", () => {
    const random = seededRandom(7);
    const pieces = [
      command("0200"),
      command("0400"),
      text("FP1:"),
      text("\n"),
      text("IMPROV\u0001\u0003"),
      Uint8Array.of(0xff),
    ];
    for (let count = 0; count < 20_000; count += 1) {
      const piece = Uint8Array.from(pieces[integerBetween(random, 0, pieces.length - 1)] as Uint8Array);
      if (random() < 0.3) piece[integerBetween(random, 0, piece.length - 1)] = integerBetween(random, 0, 255);
      line.give(piece.subarray(0, random() < 0.8 ? piece.length : integerBetween(random, 0, piece.length)));
      line.take();
    }
    line.nowMs += 2_000;
    line.give(command("0600"));
    expect(line.take().at(-1)).toBe(shown(4, `060d0c${hexOf("pager-aabbcc")}`));
  });
});

describe("improv-wifi-serial-sdk as the other end", () => {
  /** Connects the library to a device that writes lines of its log between the frames. */
  function connect() {
    let controller: ReadableStreamDefaultController<Uint8Array>;
    const readable = new ReadableStream<Uint8Array>({
      start(it) {
        controller = it;
      },
    });
    const device = new ScriptedDevice((bytes) => {
      controller.enqueue(text("Wi-Fi: IMPROVed\r\n"));
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.enqueue(text("Wi-Fi: connection lost\r\n"));
    });
    const writable = new WritableStream<Uint8Array>({
      write: (bytes) => device.setup.handleBytes(bytes),
    });
    const port = { readable, writable } as unknown as ConstructorParameters<typeof ImprovSerial>[0];
    const log = () => {};
    return { device, client: new ImprovSerial(port, { log, error: log, debug: log }) };
  }

  it("finds the device, scans, is told of a wrong password, and sets up Wi-Fi", async () => {
    const { client, device } = connect();
    expect(await client.initialize()).toMatchObject({
      firmware: "Fieldpager",
      version: "0.1.0",
      chipFamily: "m5stack",
      name: "pager-aabbcc",
    });
    expect(client.state).toBe(2);
    device.networks = [...device.networks, { ssid: "b", signal: -7, isOpen: true }];
    expect(await client.scan()).toEqual([
      { name: "a", rssi: -7, secured: true },
      { name: "b", rssi: -7, secured: false },
      { name: "guest", rssi: -80, secured: false },
      { name: "lab", rssi: -52, secured: true },
    ]);
    await expect(client.provision("lab", "wrong")).rejects.toBe("UNABLE_TO_CONNECT");
    expect(client.state).toBe(2);
    await client.provision("lab", "secret 1");
    expect(client.state).toBe(4);
    expect(device.kept).toEqual({ "wifi.ssid": "lab", "wifi.password": "secret 1" });
    expect(await client.getHostname()).toBe("pager-aabbcc");
    await expect(client.setHostname("other")).rejects.toBe("BAD_HOSTNAME");
    await client.close();
  });

  it("is told that a scan is not possible", async () => {
    const { client, device } = connect();
    await client.initialize();
    device.scanFails = true;
    await expect(client.scan()).rejects.toBe("UNKNOWN_ERROR");
    await client.close();
  });
});
