import DacTone from "dac-tone";
import { TonePlayer } from "./tone-player.ts";

/** A speaker at the digital-to-analog converter of an ESP32, pin 25, for boards whose manifest includes `native/dac-tone.json`. */
export class DacSpeaker extends TonePlayer {
  protected start(hertz: number): void {
    DacTone.start(hertz);
  }

  protected silence(): void {
    DacTone.stop();
  }
}
