/** Reads server-sent events from a response (WHATWG HTML, 9.2.6); only the `data` of each is given. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    let end = rest.indexOf("\n\n");
    while (end >= 0) {
      const data = rest
        .slice(0, end)
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trimStart());
      rest = rest.slice(end + 2);
      if (data.length > 0) yield data.join("\n");
      end = rest.indexOf("\n\n");
    }
  }
}
