/** The command lines of this folder: flags with numbers or texts, and switches. */
import { parseFlags } from "../hosts/common/flags.ts";

export interface NumberFlag {
  readonly default: number;
  readonly min: number;
  /** The number need not be whole. */
  readonly isFractional?: boolean;
}

export interface CommandFlags<Numbers extends string> {
  readonly numbers: Readonly<Record<Numbers, number>>;
  readonly isSet: (name: string) => boolean;
  readonly text: (name: string) => string | undefined;
}

/**
 * Reads the command line. With `--help` it prints the usage and ends the process with status 0. If flags are wrong, it says so,
 * prints the usage, and ends with status 2. `check` returns what is wrong with flags that are valid one by one.
 */
export function readCommandFlags<Numbers extends string>(
  usage: string,
  numberFlags: Readonly<Record<Numbers, NumberFlag>>,
  { switches = [], texts = [] }: { readonly switches?: readonly string[]; readonly texts?: readonly string[] } = {},
  check: (flags: CommandFlags<Numbers>) => readonly string[] = () => [],
): CommandFlags<Numbers> {
  const names = Object.keys(numberFlags) as Numbers[];
  const { values, words, errors } = parseFlags(process.argv.slice(2), [...names, ...texts], ["help", ...switches]);
  const problems = [...errors, ...words.map((word) => `${word}: expected flags only`)];
  const numbers = {} as Record<Numbers, number>;
  for (const name of names) {
    const { min, isFractional = false, default: value } = numberFlags[name];
    numbers[name] = Number(values[name] ?? value);
    if (numbers[name] >= min && (isFractional || Number.isSafeInteger(numbers[name]))) continue;
    const kind = isFractional ? "a number" : "a whole number";
    problems.push(`flag --${name}: got ${values[name]}, expected ${kind} of ${min} or more`);
  }
  const flags = { numbers, isSet: (name: string) => values[name] !== undefined, text: (name: string) => values[name] };
  if (problems.length === 0) problems.push(...check(flags));
  if (values.help === undefined && problems.length === 0) return flags;
  console.log((values.help === undefined ? [...problems, usage] : [usage]).join("\n"));
  process.exit(values.help === undefined ? 2 : 0);
}
