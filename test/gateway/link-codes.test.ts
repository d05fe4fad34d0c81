/** The QR code of an address in a message: which address, on which page, and that it is read back from the screen. */
import { describe, expect, it } from "vitest";
import { makeQrCode } from "../../hosts/browser/qr-code.ts";
import type { GatewayOptions } from "../../src/gateway/gateway.ts";
import { LINK_CODE_BYTES_MAX } from "../../src/limits.ts";
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import { firstAddress } from "../../src/pager/screen/link-code.ts";
import { encodeLink, encodeText } from "../../src/payload/content.ts";
import { encodeMessage } from "../../src/payload/message.ts";
import { pixelsOf, readQrCode } from "../qr-reader.ts";
import { Bench, IM, im, publish } from "./bench.ts";

const LINK = "https://wiki.example/pump-3?step=4";
const WIDE: Size = { width: 320, height: 240 };

class CodeBench extends Bench {
  list: DrawList = [];
  private readonly screenSize: Size;

  constructor(size: Size = WIDE, options: Partial<GatewayOptions> = {}) {
    super({ size, makeQrCode, ...options });
    this.screenSize = size;
    this.draw = (list) => {
      this.list = list;
    };
    this.connect();
  }

  show(text: string): this {
    this.receive(publish(IM, im("m1", text)));
    return this.settle();
  }

  press(button: "a" | "b" | "c"): this {
    this.gateway.handleButton(button, this.nowMs);
    this.drain();
    return this.settle();
  }

  /** What a phone reads on the screen. */
  get read(): string | undefined {
    return readQrCode(this.screenSize, pixelsOf(this.list, this.screenSize));
  }

  private settle(): this {
    for (let slice = 0; slice < 12; slice += 1) this.pass(0);
    return this;
  }
}

describe("the first address in a text", () => {
  it.each([
    ["no address", ""],
    ["http:// alone", ""],
    [LINK, LINK],
    [`see ${LINK}, then call tel:+491234`, LINK],
    ["call tel:+491234 now", "tel:+491234"],
    ["(https://a.example/b)", "https://a.example/b"],
    ["(https://a.example/b_(c))", "https://a.example/b_(c)"],
    ["hotel:5 is no number, mailto:ops@a.example is", "mailto:ops@a.example"],
    ["«https://a.example/ü».", "https://a.example/ü"],
    ["geo:52.5,13.4?z=12\nhttps://later.example", "geo:52.5,13.4?z=12"],
    [`https://a.example/${"b".repeat(LINK_CODE_BYTES_MAX)}`, ""],
    [`https://a.example/${"ü".repeat(LINK_CODE_BYTES_MAX / 2)}`, ""],
  ])("in %j is %j", (text, address) => {
    expect(firstAddress(text)).toBe(address);
  });
});

describe("a message with an address", () => {
  const sizes: readonly Size[] = [
    WIDE,
    { width: 240, height: 320 },
    { width: 240, height: 135 },
    { width: 135, height: 240 },
    { width: 540, height: 960 },
    { width: 128, height: 64 },
  ];
  it.each(sizes)("shows its code on the page behind its text, on $width by $height", (size) => {
    const bench = new CodeBench(size).show("https://a.example/3");
    expect(bench.read).toBeUndefined();
    expect(bench.press("c").read).toBe("https://a.example/3");
    expect(bench.press("a").read).toBeUndefined();
  });

  it("shows the code of a link that came as a content of its own", () => {
    const bench = new CodeBench();
    const contents = [
      encodeText("Pump 3", { id: "m1" }),
      encodeLink({ type: "file", keys: { priority: 3, choices: [] }, link: LINK }),
    ];
    bench.receive(
      publish(IM, encodeMessage({ timestampSeconds: 1_700_000_000, imType: 3, contents, sender: "station" })),
    );
    expect(bench.press("c").read).toBe(LINK);
  });

  it("shows its code behind the last page of a long text, and nothing behind it", () => {
    const bench = new CodeBench().show(`${"long ".repeat(200)}${LINK}`);
    let pages = 0;
    while (bench.read === undefined && pages < 20) {
      bench.press("c");
      pages += 1;
    }
    expect(pages).toBeGreaterThan(2);
    expect(bench.read).toBe(LINK);
    expect(bench.press("c").screen).toContain("1 message");
  });

  it("says the address to a screen reader", () => {
    const bench = new CodeBench().show(LINK).press("c");
    const words = bench.list.flatMap((command) => ("words" in command && command.words ? [command.words] : []));
    expect(words).toContain(`QR code of ${LINK}`);
  });

  it.each([
    ["the host makes none", () => undefined],
    ["the host has no way to make one", undefined],
  ])("has no further page where %s", (_why, make) => {
    const bench = new CodeBench(WIDE, { makeQrCode: make }).show(LINK);
    expect(bench.screen).toContain(LINK);
    expect(bench.press("c").screen).toContain("1 message");
  });

  it("has no further page where no code has room", () => {
    const bench = new CodeBench({ width: 128, height: 64 }).show(`https://a.example/${"b".repeat(150)}`);
    for (let page = 0; page < 12; page += 1) expect(bench.press("c").read).toBeUndefined();
  });
});
