/**
 * The last lines of the log, for somebody who asks for them over the network. The oldest leave when there are too many. No line
 * holds a password, a key or a certificate of this device: a broker, for example, may name in its reason what it was sent.
 */
import { LOG_CHARACTERS_MAX, LOG_LINE_CHARACTERS_MAX, LOG_LINES_MAX } from "../limits.ts";

/** What stands in the place of a secret. */
const HIDDEN = "[hidden]";

/** A shorter secret could be any word. */
const SECRET_CHARACTERS_MIN = 4;

/** So many characters in a row of a longer secret, such as a key in PEM, are a part of it. */
const PART_CHARACTERS = 16;

export class LogLines {
  private readonly secrets: readonly string[];
  private readonly lines: string[] = [];
  private characters = 0;
  /** The number of the next line. Lines are counted from 0. */
  next = 0;
  /** The time of the lines that are added. */
  nowMs = 0;

  /** @param secrets the values of settings that must not be told, such as passwords and PEM */
  constructor(secrets: readonly string[]) {
    this.secrets = secrets.filter(({ length }) => length >= SECRET_CHARACTERS_MIN);
  }

  /** The number of the oldest line that is kept. */
  get first(): number {
    return this.next - this.lines.length;
  }

  /** The line of this number: the uptime in seconds, and the words. It is from `first` to below `next`. */
  at(number: number): string {
    return this.lines[number - this.first] as string;
  }

  /** Keeps a line. Returns it as it may be told. */
  add(text: string): string {
    const told = this.withoutSecrets(text);
    const isLong = told.length > LOG_LINE_CHARACTERS_MAX;
    const line = `${(this.nowMs / 1000).toFixed(1)} ${isLong ? `${told.slice(0, LOG_LINE_CHARACTERS_MAX - 1)}…` : told}`;
    this.lines.push(line);
    this.next += 1;
    this.characters += line.length;
    while (this.lines.length > LOG_LINES_MAX || this.characters > LOG_CHARACTERS_MAX)
      this.characters -= (this.lines.shift() as string).length;
    return told;
  }

  private withoutSecrets(text: string): string {
    let told = text;
    for (const secret of this.secrets) {
      told = told.split(secret).join(HIDDEN);
      if (secret.length < 2 * PART_CHARACTERS) continue;
      for (const word of told.split(" ")) {
        const isPart = word.length >= PART_CHARACTERS && overlaps(word, secret);
        if (isPart) told = told.split(word).join(HIDDEN);
      }
    }
    return told;
  }
}

/** Whether some `PART_CHARACTERS` of the word stand in the secret. */
function overlaps(word: string, secret: string): boolean {
  for (let at = 0; at + PART_CHARACTERS <= word.length; at += 1)
    if (secret.includes(word.slice(at, at + PART_CHARACTERS))) return true;
  return false;
}
