/**
 * What an alert sounds like: the melodies from which a sender chooses, and those of the priorities. All hosts play the same.
 *
 * In the table a name is followed by its tones. A letter is a pitch, semitones above A5: `a` 0, `b` 1 and so on; a dot is silence. The
 * digit behind it is how long, in units of 50 ms.
 */
const TABLE =
  " 3:a4 4:a4.2a4 5:a4h4.2a4h4 chime:m4i4e4a8 bell:m1i1m1i1m1i1.6m1i1m1i1m1i1 rise:a3c3e3h6 fall:h3e3c3a6 siren:a6h6a6h6 knock:a1.1a1.1a1.6a1.1a1 ";

/** Names that a sender may give. A device that does not know a name sounds as the priority says. */
export const MELODIES: readonly string[] = Object.freeze(["chime", "bell", "rise", "fall", "siren", "knock"]);

const UNIT_MS = 50;
const A5_HERTZ = 880;
const SEMITONE = 2 ** (1 / 12);
const LETTER_A = 97;
const DIGIT_0 = 48;

export interface Tone {
  /** 0: silence. */
  readonly hertz: number;
  readonly durationMs: number;
}

const NONE: readonly Tone[] = Object.freeze([]);

/**
 * Priorities 1 and 2 are silent, whatever the melody.
 * @param priority 1 to 5
 * @param melody one of `MELODIES`; any other name, or none, sounds as the priority does
 */
export function tonesOf(priority: number, melody = ""): readonly Tone[] {
  if (priority < 3) return NONE;
  const name = MELODIES.includes(melody) ? melody : `${priority}`;
  const tones: Tone[] = [];
  for (let at = TABLE.indexOf(` ${name}:`) + name.length + 2; TABLE.charAt(at) !== " "; at += 2) {
    const semitones = TABLE.charCodeAt(at) - LETTER_A;
    const hertz = semitones < 0 ? 0 : Math.round(A5_HERTZ * SEMITONE ** semitones);
    tones.push({ hertz, durationMs: UNIT_MS * (TABLE.charCodeAt(at + 1) - DIGIT_0) });
  }
  return tones;
}

/** The last part of a tone that is silence in its rhythm. */
const REST_PART = 0.3;

/** The tones apart from each other, so that they can be felt. */
export function rhythmOf(tones: readonly Tone[]): readonly Tone[] {
  return tones.flatMap((tone) => {
    const restMs = tone.durationMs * REST_PART;
    return tone.hertz === 0
      ? [tone]
      : [
          { ...tone, durationMs: tone.durationMs - restMs },
          { hertz: 0, durationMs: restMs },
        ];
  });
}

/** In milliseconds. */
export function durationOf(tones: readonly Tone[]): number {
  return tones.reduce((sumMs, { durationMs }) => sumMs + durationMs, 0);
}
