/** Flags of a command line: `--name value`, `--name=value`, and switches. Settings are flags of the same name. */

export interface Flags {
  readonly values: Readonly<Record<string, string>>;
  /** What is no flag, in order. */
  readonly words: readonly string[];
  /** What is wrong, one line each. */
  readonly errors: readonly string[];
}

/** Reads a command line. `known` are the names that take a value, `switches` those that take none. */
export function parseFlags(args: readonly string[], known: readonly string[], switches: readonly string[] = []): Flags {
  const values: Record<string, string> = {};
  const words: string[] = [];
  const errors: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] as string;
    if (argument === "--") {
      words.push(...args.slice(index + 1));
      break;
    }
    if (!argument.startsWith("--")) {
      words.push(argument);
      continue;
    }
    const equals = argument.indexOf("=");
    const name = argument.slice(2, equals < 0 ? undefined : equals);
    if (switches.includes(name)) {
      if (equals >= 0) errors.push(`flag --${name} takes no value`);
      else values[name] = "true";
    } else if (!known.includes(name)) {
      errors.push(`flag --${name}: there is no such flag`);
      // Its value is not a word of its own, when there is one.
      if (equals < 0 && args[index + 1] !== undefined && !args[index + 1]?.startsWith("--")) index += 1;
    } else if (Object.hasOwn(values, name)) {
      errors.push(`flag --${name} is given twice`);
    } else if (equals >= 0) {
      values[name] = argument.slice(equals + 1);
    } else if (args[index + 1] === undefined || args[index + 1]?.startsWith("--")) {
      errors.push(`flag --${name} needs a value`);
    } else {
      index += 1;
      values[name] = args[index] as string;
    }
  }
  return { values, words, errors };
}
