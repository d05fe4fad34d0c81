/**
 * A client that others wrote, `@xmpp/client`, as a program of its own: `NODE_EXTRA_CA_CERTS` makes it trust the server. Sends one message
 * that asks for receipts, and prints a line of JSON for each message that comes.
 */
import { client, xml } from "@xmpp/client";

const [service = "", username = "", password = "", to = "", id = "", body = ""] = process.argv.slice(2);
const connection = client({ service, domain: "localhost", resource: "foreign", username, password });
connection.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});
connection.on("stanza", (stanza) => {
  if (stanza.name !== "message") return;
  const children = stanza.getChildElements().map(({ name, attrs }) => `${name} ${attrs.id ?? ""}`.trim());
  console.log(JSON.stringify({ from: stanza.attrs.from, body: stanza.getChildText("body"), children }));
});
connection.on("online", () => {
  void connection.send(xml("presence"));
  void connection.send(
    xml(
      "message",
      { to, id, type: "chat" },
      xml("body", {}, body),
      xml("request", { xmlns: "urn:xmpp:receipts" }),
      xml("markable", { xmlns: "urn:xmpp:chat-markers:0" }),
    ),
  );
});
await connection.start();
