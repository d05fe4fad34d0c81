/**
 * The part of the Moddable SDK that these hosts use. The SDK's own typings serve its builder. These typings serve a
 * checkout without the SDK, and follow the SDK's code where its typings differ from it. No module of this repository is
 * declared here.
 */

/** Writes to the debugger and to standard output. The caller adds the line feed. */
declare function trace(...parts: readonly (string | number)[]): void;

interface StringConstructor {
  /** Decodes UTF-8. Throws if the bytes are not UTF-8. */
  fromArrayBuffer(bytes: ArrayBuffer): string;
}

interface ArrayBufferConstructor {
  /** Big-endian, in as few bytes as possible. */
  fromBigInt(value: bigint): ArrayBuffer;
  /** Encodes as UTF-8. */
  fromString(text: string): ArrayBuffer;
}

interface BigIntConstructor {
  /** Big-endian. */
  fromArrayBuffer(bytes: ArrayBuffer): bigint;
}

declare module "mc/config" {
  const config: Readonly<Record<string, unknown>>;
  export default config;
}

declare module "time" {
  const Time: {
    readonly ticks: number;
    delta(start: number, end: number): number;
    set(seconds: number): void;
  };
  export default Time;
}

declare module "timer" {
  class Timer {
    private constructor();
    static set(callback: () => void, delayMs?: number): Timer;
    static clear(timer: Timer): void;
    /** Blocks the program. */
    static delay(delayMs: number): void;
    private brand: boolean;
  }
  export default Timer;
}

declare module "debug" {
  const Debug: { gc(): void };
  export default Debug;
}

declare module "net" {
  const Net: {
    resolve(host: string, callback: (host: string, address?: string) => void): void;
  };
  export default Net;
}

/** Of `hosts/esp32/native`. */
declare module "access-point" {
  const AccessPoint: {
    /** Opens it beside the station. Returns the IPv4 address. Throws what the driver says. */
    open(ssid: string, password: string): string;
    readonly httpPort: number;
    readonly dnsPort: number;
  };
  export default AccessPoint;
}

/** Of `hosts/esp32/native`. */
declare module "deep-sleep" {
  const DeepSleep: {
    /** 0: the chip has not slept. 1: its timer has woken it. 2: a button has. */
    wake(): number;
    /** What was written before the sleep. Empty: nothing, or it has not slept. */
    read(): ArrayBuffer;
    /** Throws if the bytes are more than there is room for. */
    write(bytes: Uint8Array): void;
    /** Ends the program. It starts again after that time, or when the pin is low. -1: there is no such pin. */
    start(milliseconds: number, wakePin: number, heldPin: number): void;
  };
  export default DeepSleep;
}

/** Of `hosts/esp32/native`. */
declare module "chip-temperature" {
  const ChipTemperature: {
    /** Whole degrees Celsius. */
    read(): number;
  };
  export default ChipTemperature;
}

/** Of `hosts/esp32/native`. */
declare module "light-sleep" {
  const LightSleep: {
    /** Whether the chip may sleep while all wait. Throws if it cannot. */
    allow(isAllowed: boolean): void;
  };
  export default LightSleep;
}

/** Of `hosts/esp32/native`. */
declare module "dac-tone" {
  const DacTone: {
    /** In the place of the former tone. Throws below 130 Hz. */
    start(hertz: number): void;
    /** There need not be a tone. */
    stop(): void;
  };
  export default DacTone;
}

declare module "sntp" {
  class SNTP {
    static readonly time: 1;
    static readonly retry: 2;
    static readonly error: -1;
    constructor(options: { host: string }, callback: (message: -1 | 1 | 2, value?: number) => void);
  }
  export default SNTP;
}

declare module "embedded:io/serial" {
  class Serial {
    /** @param options `onReadable` is called when bytes have come, and not again until `read` */
    constructor(options: {
      transmit: number;
      receive?: number;
      baud: number;
      port: number;
      onReadable?: (count: number) => void;
    });
    /** Returns how many bytes it has put into the buffer; undefined if there were none. */
    read(buffer: Uint8Array): number | undefined;
    /** Throws if there is no room for all bytes. */
    write(bytes: Uint8Array): void;
  }
  export default Serial;
}

declare module "qrcode" {
  /** Returns one byte for each module, 1 where it is dark. Throws if the text is too long for a code, or without memory. */
  export default function QRCode(options: { input: string; maxVersion?: number }): ArrayBuffer & {
    readonly size: number;
  };
}

declare module "pins/digital" {
  const Digital: {
    /** Makes the pin an output. */
    write(pin: number, level: 0 | 1): void;
  };
  export default Digital;
}

declare module "embedded:io/digital" {
  class Digital {
    constructor(options: {
      pin: number;
      mode: number;
      initialValue?: 0 | 1;
      /** Of `Rising` and `Falling`. */
      edge?: number;
      onReadable?: () => void;
    });
    static readonly Input: number;
    static readonly InputPullUp: number;
    static readonly Output: number;
    static readonly Rising: number;
    static readonly Falling: number;
    read(): number;
    write(level: number): void;
  }
  export default Digital;
}

declare module "embedded:io/analog" {
  class Analog {
    constructor(options: { pin: number });
    /** 0 to the highest number of `resolution` bits. */
    read(): number;
    readonly resolution: number;
  }
  export default Analog;
}

declare module "embedded:io/i2c" {
  class I2C {
    /** Throws "duplicate address" while another one is open there. */
    constructor(options: { data: number; clock: number; address: number; hz: number });
    /** Throws when nothing answers, as the next two do. */
    write(bytes: Uint8Array): void;
    /** Fills `into`. */
    read(into: Uint8Array): void;
    writeRead(bytes: Uint8Array, into: Uint8Array): void;
    close(): void;
  }
  export default I2C;
}

declare module "embedded:io/smbus" {
  import type I2C from "embedded:io/i2c";

  class SMBus extends I2C {
    readUint8(register: number): number;
    writeUint8(register: number, value: number): void;
  }
  export default SMBus;
}

declare module "embedded:RTC/PCF8563" {
  import type SMBus from "embedded:io/smbus";

  class PCF8563 {
    /** Throws where no clock answers. Then nothing is left open. */
    constructor(options: { clock: { io: typeof SMBus; data: number; clock: number } });
    /** Milliseconds since 1970, in whole seconds; undefined: the clock has stopped since it was set. */
    get time(): number | undefined;
    set time(ms: number);
    close(): void;
  }
  export default PCF8563;
}

declare module "embedded:sensor/Barometer-Humidity-Temperature/BME68x" {
  import type I2C from "embedded:io/i2c";

  interface Configuration {
    filter: number;
    odr: number;
    os_hum: number;
    os_pres: number;
    os_temp: number;
  }

  /** Bosch's library. Its names are the library's. */
  export class BME68x {
    static readonly FILTER_OFF: number;
    static readonly ODR_NONE: number;
    static readonly OS_2X: number;
    static readonly DISABLE: number;
    static readonly FORCED_MODE: number;
    /** Throws where another chip answers, or none. */
    constructor(options: { sensor: { io: typeof I2C; data: number; clock: number; address: number; hz: number } });
    set_conf(configuration: Configuration): void;
    set_heatr_conf(mode: number, options: { enable: number; heatr_temp: number; heatr_dur: number }): void;
    set_op_mode(mode: number): void;
    /** In milliseconds. */
    get_meas_dur(mode: number, configuration: Configuration): number;
    /** In degrees Celsius, percent and pascals. undefined: there is nothing new. */
    get_data(mode: number): readonly { temperature: number; humidity: number; pressure: number }[] | undefined;
    close(): void;
  }
}

declare module "bleclient" {
  class BLEClient {
    onReady(): void;
    /** The address begins with its least significant byte. */
    onDiscovered(device: { address: ArrayBuffer; scanResponse: { readonly buffer: ArrayBuffer } }): void;
    startScanning(options: { active: boolean; duplicates: boolean }): void;
  }
  export default BLEClient;
}

declare module "embedded:io/pwm" {
  class PWM {
    constructor(options: { pin: number; hz: number });
    /** @param duty 0 to 1,023 */
    write(duty: number): void;
    close(): void;
  }
  export default PWM;
}

declare module "embedded:io/audio/out" {
  class AudioOut {
    constructor(options: { onWritable: (bytes: number) => void });
    readonly sampleRate: number;
    start(): void;
    /** Throws if there is no room for all samples. */
    write(samples: Int16Array): void;
    close(): void;
  }
  export default AudioOut;
}

declare module "pins/audioout" {
  class AudioOut {
    static readonly Tone: number;
    static readonly Silence: number;
    constructor(options: { streams: number });
    readonly sampleRate: number;
    /** A tone has a frequency in hertz, a number of samples, and an amplitude of 16 bits. Silence has a number of samples. */
    enqueue(stream: number, kind: number, value: number, samples?: number, amplitude?: number): void;
    start(): void;
    close(): void;
  }
  export default AudioOut;
}

declare module "button" {
  class Button {
    constructor(options: { pin: number; invert: boolean; onPush: () => void });
    readonly pressed: boolean;
  }
  export default Button;
}

declare module "Resource" {
  interface HostBuffer {
    readonly byteLength: number;
    slice(begin: number, end: number): ArrayBuffer;
  }
  const Resource: { new (path: string): HostBuffer; exists(path: string): boolean };
  export default Resource;
}

declare module "embedded:io/socket/tcp" {
  class TCP {
    constructor(options: {
      address?: string;
      port?: number;
      /** Takes the connection of another one, which a listener has accepted. */
      from?: TCP;
      nodelay?: boolean;
      onReadable?: (bytes: number) => void;
      onWritable?: (bytes: number) => void;
      onError?: () => void;
    });
    read(buffer: Uint8Array): void;
    write(bytes: Uint8Array): void;
    close(): void;
  }
  export default TCP;
}

declare module "embedded:io/socket/listener" {
  import type TCP from "embedded:io/socket/tcp";

  class Listener {
    /** Port 0: a free one. */
    constructor(options: { port: number; onReadable: (count: number) => void });
    /** undefined: there is no connection. */
    read(): TCP | undefined;
    readonly port: number;
  }
  export default Listener;
}

declare module "embedded:io/socket/udp" {
  class UDP {
    constructor(options: { port: number; onReadable: (count: number) => void });
    /** undefined: there is no packet. */
    read(): (ArrayBuffer & { readonly address: string; readonly port: number }) | undefined;
    write(bytes: Uint8Array, address: string, port: number): void;
  }
  export default UDP;
}

declare module "embedded:network/interface/wifi" {
  class WiFi {
    constructor(options: { onChanged?: (property: "connection" | "address") => void });
    /** Throws while it listens already, and in an attempt to connect. */
    scan(options: {
      onFound: (point: { SSID: string; BSSID: string; RSSI: number; security: string }) => void;
      onComplete: () => void;
    }): void;
    /** Chooses the strongest access point of this name. */
    connect(options: { SSID: string; password?: string }): void;
    disconnect(): void;
    /** From now on the interface has this address and asks for none. */
    configure(options: { static: { address: string; mask: string; gateway: string } }): void;
    readonly connection: number;
    readonly address: string | undefined;
    readonly MAC: string | undefined;
    readonly RSSI: number | undefined;
    /** Of the access point. */
    readonly BSSID: string | undefined;
  }
  export default WiFi;
}

declare module "embedded:network/interface/ethernet" {
  class Ethernet {
    constructor(options: { onChanged?: (property: "connection" | "address") => void });
    connect(): void;
    /** From now on the interface has this address and asks for none. */
    configure(options: { static: { address: string; mask: string; gateway: string } }): void;
    readonly connection: number;
    readonly address: string | undefined;
    readonly MAC: string | undefined;
  }
  export default Ethernet;
}

declare module "embedded:storage/key-value" {
  /** One namespace of preferences. The SDK does not export the class itself. */
  export interface Storage {
    read(key: string): ArrayBuffer | string | number | bigint;
    write(key: string, value: Uint8Array): void;
    delete(key: string): void;
    [Symbol.iterator](): Iterator<string>;
  }
  const KeyValueStorage: { open(options: { path: string; format?: "buffer" }): Storage };
  export default KeyValueStorage;
}

declare module "embedded:storage/flash" {
  /** One partition. The SDK does not export the class itself. */
  export interface Flash {
    read(byteLength: number, byteOffset: number): ArrayBuffer;
    /** Blocks from `start` up to, but not with, `end`. */
    eraseBlock(start: number, end?: number): void;
    write(bytes: Uint8Array, byteOffset: number): void;
    status(): { readonly size: number; readonly blockLength: number; readonly blocks: number };
  }
  const FlashStorage: { open(options: { path: string; mode?: "r" | "r+"; format?: "buffer" }): Flash };
  export default FlashStorage;
}

declare module "file" {
  export class File {
    constructor(path: string, write?: boolean);
    /** Without `byteLength`, up to the end. */
    read(type: typeof ArrayBuffer, byteLength?: number): ArrayBuffer;
    write(bytes: ArrayBuffer): void;
    close(): void;
    readonly length: number;
    position: number;
    static delete(path: string): boolean;
    static exists(path: string): boolean;
    static rename(from: string, name: string): boolean;
  }
  export class Iterator {
    constructor(path: string);
    next(): { readonly name: string; readonly length?: number | undefined } | undefined;
  }
  export const Directory: { create(path: string): void };
}

declare module "commodetto/Bitmap" {
  class Bitmap {
    constructor(width: number, height: number, format: number, buffer: ArrayBuffer, offset: number);
    static readonly Monochrome: 3;
    static readonly Gray16: 4;
  }
  export default Bitmap;
}

declare module "commodetto/Poco" {
  import type Bitmap from "commodetto/Bitmap";

  export type Font = { readonly height: number };
  export interface Screen {
    readonly width: number;
    readonly height: number;
    readonly pixelFormat: number;
  }
  class Poco {
    constructor(screen: Screen, options?: { displayListLength?: number });
    readonly width: number;
    readonly height: number;
    begin(x: number, y: number, width: number, height: number): void;
    end(): void;
    makeColor(red: number, green: number, blue: number): number;
    fillRectangle(color: number, x: number, y: number, width: number, height: number): void;
    drawMonochrome(bits: Bitmap, fore: number, back: undefined, x: number, y: number): void;
    drawBitmap(bits: Bitmap, x: number, y: number): void;
    drawGray(bits: Bitmap, color: number, x: number, y: number): void;
    drawText(text: string, font: Font, color: number, x: number, y: number): void;
    getTextWidth(text: string, font: Font): number;
  }
  export default Poco;
}

declare module "commodetto/parseBMF" {
  import type Resource from "Resource";
  import type { Font } from "commodetto/Poco";

  export default function parseBMF(font: InstanceType<typeof Resource>): Font;
}
