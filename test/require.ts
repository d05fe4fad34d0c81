/**
 * Tests that need a program from outside (a broker, a browser, the XS engine) are skipped where it is missing, and say
 * so. The variable `FIELDPAGER_REQUIRE`, names separated by commas, makes a missing one an error; `.ci/run` sets it.
 */

const required = new Set((process.env.FIELDPAGER_REQUIRE ?? "").split(",").map((name) => name.trim()));

/**
 * For `describe.runIf(requireOrSkip("mosquitto", found))`: true when the thing is available, false with a visible line
 * when it is not. Throws when it is missing and named in `FIELDPAGER_REQUIRE`.
 */
export function requireOrSkip(name: string, available: boolean, names: ReadonlySet<string> = required): boolean {
  if (available) return true;
  if (names.has(name)) throw new Error(`${name} is missing and FIELDPAGER_REQUIRE names it`);
  console.warn(`skipped: ${name} is not on this machine (FIELDPAGER_REQUIRE=${name} makes this an error)`);
  return false;
}
