/** Flags of a command line: `--name value`, `--name=value`, and switches. Settings are flags of the same name. */

export interface Flags {
  readonly values: Readonly<Record<string, string>>;
  /** The values of flags that may be given several times, in order. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Arguments that are no flags, in order. */
  readonly words: readonly string[];
  /** The errors, one line each. */
  readonly errors: readonly string[];
}

/**
 * Reads a command line. `known` are the names that take a value, `switches` those that take none, `repeatable` those that take
 * a value each time they are given.
 */
export function parseFlags(
  args: readonly string[],
  known: readonly string[],
  switches: readonly string[] = [],
  repeatable: readonly string[] = [],
): Flags {
  const values: Record<string, string> = {};
  const lists: Record<string, string[]> = Object.fromEntries(repeatable.map((name) => [name, []]));
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
    const following = args[index + 1];
    if (switches.includes(name)) {
      if (equals >= 0) errors.push(`flag --${name} takes no value`);
      else values[name] = "true";
      continue;
    }
    let value: string | undefined;
    if (equals >= 0) value = argument.slice(equals + 1);
    else if (following !== undefined && !following.startsWith("--")) {
      value = following;
      index += 1;
    }
    const list = Object.hasOwn(lists, name) ? lists[name] : undefined;
    if (!list && !known.includes(name)) errors.push(`flag --${name}: there is no such flag`);
    else if (value === undefined) errors.push(`flag --${name} needs a value`);
    else if (list) list.push(value);
    else if (Object.hasOwn(values, name)) errors.push(`flag --${name} is given twice`);
    else values[name] = value;
  }
  return { values, lists, words, errors };
}
