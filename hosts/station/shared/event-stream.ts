/** One event as it came; without a name it is `message`. */
export interface StationStreamEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events from a response (WHATWG HTML, 9.2.6). */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StationStreamEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    let end = rest.indexOf("\n\n");
    while (end >= 0) {
      const lines = rest.slice(0, end).split("\n");
      rest = rest.slice(end + 2);
      const data = valuesOf(lines, "data");
      if (data.length > 0) yield { event: valuesOf(lines, "event").at(-1) ?? "message", data: data.join("\n") };
      end = rest.indexOf("\n\n");
    }
  }
}

function valuesOf(lines: readonly string[], field: string): readonly string[] {
  const prefix = `${field}:`;
  return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length).trimStart());
}
