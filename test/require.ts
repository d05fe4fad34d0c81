/**
 * Some tests need an installed program: a broker, a browser, the XS engine. If it is missing, they are skipped and say so. The
 * variable `FIELDPAGER_REQUIRE` lists programs, separated by commas, whose absence is an error. `.ci/run` sets it.
 */

const required = new Set((process.env.FIELDPAGER_REQUIRE ?? "").split(",").map((name) => name.trim()));

/**
 * For `describe.runIf(requireOrSkip("mosquitto", found))`. Returns whether the program is there, and prints a line if it is not.
 * Throws if it is missing and `FIELDPAGER_REQUIRE` names it.
 */
export function requireOrSkip(name: string, available: boolean, names: ReadonlySet<string> = required): boolean {
  if (available) return true;
  if (names.has(name)) throw new Error(`${name} is missing and FIELDPAGER_REQUIRE names it`);
  console.warn(`skipped: ${name} is not on this machine (FIELDPAGER_REQUIRE=${name} makes this an error)`);
  return false;
}
