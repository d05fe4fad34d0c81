/** M5Stack CoreS3: screen of 320 × 240, three buttons that are areas of the touch panel, and a speaker. */
import type { BoardParts, TouchPanel } from "../../board-parts.ts";
import { type LevelButton, levelButton } from "../../parts/buttons.ts";
import { SampleSpeaker } from "../../parts/sample-speaker.ts";
import { wifi } from "../../wifi.ts";

/** The SDK makes these globals on this board; the buttons because of `virtualButton` in the manifest. */
declare const button: Readonly<Record<"a" | "b" | "c", LevelButton>>;
declare const device: { readonly sensor: { readonly Touch: new (options: { onSample: () => void }) => TouchPanel } };

export function boardParts(): BoardParts {
  return {
    logPin: 43,
    network: wifi,
    buttons: [levelButton(button.a, 1), levelButton(button.b, 1), levelButton(button.c, 1)],
    touch: (onSample) => new device.sensor.Touch({ onSample }),
    sound: (guard) => new SampleSpeaker(guard),
  };
}
