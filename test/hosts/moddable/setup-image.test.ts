import { describe, expect, it } from "vitest";
import { refuseSecrets, setupImage, splitSettings } from "../../../hosts/esp32/tools/setup-image.ts";
import { decodeCopy } from "../../../src/gateway/kept-settings.ts";

const SECRET = "hush-hush-hush";

describe("settings on the command line of deploy", () => {
  it("go into the partition and not into the image, except those that the SDK reads", () => {
    const args = ["uid=bay-7", "logPin=3", "wifi.password= a=b ", `broker.key=${SECRET}`];
    const { builtIn, kept } = splitSettings(args);
    expect(builtIn).toEqual(["logPin=3"]);
    expect(kept).toEqual({ uid: "bay-7", "wifi.password": " a=b ", "broker.key": SECRET });
    const image = setupImage(kept);
    expect(image.length - 2).toBe(256 * (image[0] as number) + (image[1] as number));
    expect(decodeCopy(image.subarray(2))).toMatchObject({ state: "whole", values: kept });
  });

  it("are refused if they are wrong, and the error contains no secret", () => {
    expect(() => splitSettings(["broker.port=x", `wifi.password=${SECRET.repeat(9)}`])).toThrow(
      'setting broker.port: "x", expected a whole number from 1 to 65535\nsetting wifi.password: a hidden value',
    );
  });

  it.each(["wifi.password", "broker.password", "broker.key"])("of build:esp32 contain no %s", (name) => {
    expect(() => refuseSecrets(["uid=bay-7", `${name}=${SECRET}`])).toThrow(`setting ${name}: secret`);
    expect(() => refuseSecrets(["uid=bay-7", "wifi.ssid=lab"])).not.toThrow();
  });
});
