/** One line that says what went wrong: the code where there is one, since messages of node may be empty. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  const message = error.message || error.name;
  return code && !message.includes(code) ? `${code} ${message}` : message;
}
