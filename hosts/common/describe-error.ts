/** An error in one line. It holds the error's code if there is one, because messages of Node may be empty. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  const message = error.message || error.name;
  return code && !message.includes(code) ? `${code} ${message}` : message;
}
