/** Shows that this is XS as on a board and not Node: which globals exist, and which objects are frozen. */

export function run(): Record<string, unknown> {
  const absent = [
    "process",
    "Buffer",
    "console",
    "setTimeout",
    "TextEncoder",
    "TextDecoder",
    "URL",
    "structuredClone",
    "Intl",
  ];
  return {
    present: absent.filter((name) => (globalThis as Record<string, unknown>)[name] !== undefined),
    compartment: typeof (globalThis as Record<string, unknown>).Compartment,
    renamed: attempt(() => {
      new Error("x").name = "other";
    }),
    added: attempt(() => {
      (Array.prototype as unknown as Record<string, unknown>).extra = 1;
    }),
    map: [...new Map([[1, 2]])],
  };
}

function attempt(action: () => void): string {
  try {
    action();
    return "done";
  } catch (error) {
    return error instanceof TypeError ? "TypeError" : String(error);
  }
}
