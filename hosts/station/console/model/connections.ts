/** What to paste into each program that is to send pushes (senders/README.md). */

export interface Connection {
  /** Where the text goes, or what it is. */
  readonly label: string;
  /** Of one or several lines. */
  readonly text: string;
}

export interface Sender {
  readonly name: string;
  readonly connections: readonly Connection[];
}

/**
 * @param origin of the station, such as `https://station.example.org`
 * @param to whom it is to page
 * @param token of the account that sends
 * @param mailPort of SMTP; undefined where the station takes no mails
 */
export function sendersFor(origin: string, to: string, token: string, mailPort?: number): readonly Sender[] {
  const { protocol, host, hostname } = new URL(origin);
  // What a shell would take for its own is encoded, too.
  const name = encodeURIComponent(to).replace(/['()*!]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
  const bearer = `Authorization: Bearer ${token}`;
  const isSecure = protocol === "https:";
  return [
    {
      name: "A shell",
      connections: [
        { label: "Command", text: `curl -H "${bearer}" -H "Title: Backup" -d "The disk is full" ${origin}/${name}` },
      ],
    },
    {
      name: "ntfy: Uptime Kuma, Healthchecks, Home Assistant",
      connections: [
        { label: "Server", text: origin },
        { label: "Topic", text: to },
        { label: "Access token", text: token },
      ],
    },
    {
      name: "Apprise",
      connections: [{ label: "Address", text: `${isSecure ? "ntfys" : "ntfy"}://${token}@${host}/${name}` }],
    },
    {
      name: "Alertmanager",
      connections: [
        {
          label: "Receiver",
          text: [
            "- name: pager",
            "  webhook_configs:",
            `    - url: ${origin}/hooks/alertmanager/${name}`,
            "      http_config:",
            "        authorization:",
            `          credentials: ${token}`,
          ].join("\n"),
        },
      ],
    },
    {
      name: "Grafana",
      connections: [
        { label: "Contact point Webhook, URL", text: `${origin}/hooks/grafana/${name}` },
        { label: "Authorization header, scheme", text: "Bearer" },
        { label: "Authorization header, credentials", text: token },
      ],
    },
    {
      name: "Gotify: Proxmox",
      connections: [
        { label: "Server", text: `${origin}/gotify/${name}` },
        { label: "Token", text: token },
      ],
    },
    {
      name: "Mail: old equipment",
      connections:
        mailPort === undefined
          ? [{ label: "This station takes no mails. Start it with", text: "--smtp 2525" }]
          : [
              { label: "SMTP server", text: hostname },
              { label: "Port", text: String(mailPort) },
              { label: "Recipient", text: `${to}@pager.local` },
              { label: "User name", text: "token" },
              { label: "Password", text: token },
            ],
    },
    {
      name: "Any program that sends JSON",
      connections: [
        { label: "Address", text: `${origin}/hooks/json/${name}?title={/a/field}&text={/another/field}` },
        { label: "Header", text: bearer },
      ],
    },
    {
      name: "A program of your own",
      connections: [
        {
          label: "Command",
          text: `curl -H "${bearer}" --json '${JSON.stringify({ to, text: "Door 2 is open" }).replaceAll("'", "\\u0027")}' ${origin}/api/push`,
        },
      ],
    },
  ];
}
