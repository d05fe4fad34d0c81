/** The programs themselves as senders: Apprise, Prometheus' Alertmanager, swaks, msmtp and curl page a pager of a running station. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PushWithDeliveries } from "../../hosts/station/shared/push.ts";
import type { Station } from "../../hosts/station/station.ts";
import { ask, StationBench, until } from "../hosts/station/harness.ts";
import { redDot } from "../hosts/station/test-pictures.ts";
import { requireOrSkip } from "../require.ts";
import { findProgram, type Server, startServer } from "./server-process.ts";

const run = promisify(execFile);
const bench = new StationBench();
let station: Station;
let token: string;
let password: string;

/** Whether a program is there. If it is not, prints how it is installed on Debian. */
function has(program: string): boolean {
  const isThere = requireOrSkip(program, findProgram(program) !== undefined);
  if (!isThere) console.warn(`apt install ${program}`);
  return isThere;
}

beforeAll(async () => {
  station = await bench.station({ mail: { host: "127.0.0.1", port: 0, isPlainAllowed: false } });
  password = (await station.accounts.create({ name: "monitor", kind: "program" })).password;
  token = await station.accounts.issueToken("monitor", "test");
  for (const uid of ["bay-1", "pump-1"]) await station.directory.addDevice({ uid });
  bench.pager(station.mqttPort, "bay-1");
});
afterAll(() => bench.end());

/** The push with these words, once the pager has it. */
const pushWith = (words: string) =>
  until(words, async () => {
    const { pushes } = (await (await ask(station.url, "/api/pushes?limit=200")).json()) as {
      pushes: PushWithDeliveries[];
    };
    return pushes.find(({ title, text, progress }) => `${title} ${text}`.includes(words) && progress.stored > 0);
  });

describe.runIf(has("apprise"))("Apprise", () => {
  const notify = (url: string, ...args: string[]) => run("apprise", ["-vv", ...args, url]);
  const host = () => new URL(station.url).host;

  it("by ntfy's API, with a token, and with priority, tags and link in headers beside its JSON", async () => {
    await notify(`ntfy://${token}@${host()}/bay-1`, "-t", "Backup", "-b", "Apprise with a token");
    expect(await pushWith("Apprise with a token")).toMatchObject({ to: "bay-1", title: "Backup", sender: "monitor" });
    const further = "priority=max&tags=warning&click=https://example.org/door";
    await notify(`ntfy://monitor:${password}@${host()}/bay-1?${further}`, "-t", "Door", "-b", "Apprise by password");
    expect(await pushWith("Apprise by password")).toMatchObject({
      title: "⚠️ Door",
      priority: 5,
      link: "https://example.org/door",
    });
  });

  it("is told what is wrong", async () => {
    const failed = notify(`ntfy://${token}@${host()}/nobody`, "-b", "x");
    await expect(failed).rejects.toMatchObject({ stdout: expect.stringContaining('knows no "nobody"') });
    await expect(notify(`ntfy://wrong:word@${host()}/bay-1`, "-b", "x")).rejects.toMatchObject({ code: 1 });
  });

  it("by Gotify's API, by JSON, and by mail", async () => {
    await notify(`gotify://${host()}/gotify/bay-1/${token}?priority=high`, "-t", "Disk", "-b", "Apprise by Gotify");
    expect(await pushWith("Apprise by Gotify")).toMatchObject({ title: "Disk", priority: 4 });
    const pointers = "-title={/title}&-text={/message}";
    await notify(`json://${token}@${host()}/hooks/json/bay-1?${pointers}`, "-t", "Net", "-b", "Apprise by JSON");
    expect(await pushWith("Apprise by JSON")).toMatchObject({ title: "Net" });
    const mail = `mailto://token:${token}@127.0.0.1:${station.mailPort}?smtp=127.0.0.1&from=a@example.org&to=bay-1@pager.local`;
    await notify(mail, "-t", "Post", "-b", "Apprise by mail");
    expect(await pushWith("Apprise by mail")).toMatchObject({ title: "Post", text: "Apprise by mail" });
  });
});

describe.runIf(has("prometheus-alertmanager"))("Alertmanager", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer("alertmanager", 1, (folder, [port]) => {
      const config = join(folder, "alertmanager.yml");
      // As the console's Connect shows it.
      const lines = [
        "route: { receiver: pager, group_by: [alertname], group_wait: 0s, group_interval: 1s }",
        "receivers:",
        "- name: pager",
        "  webhook_configs:",
        `    - url: ${station.url}/hooks/alertmanager/pump-1`,
        "      http_config:",
        "        authorization:",
        `          credentials: ${token}`,
      ];
      writeFileSync(config, lines.join("\n"));
      const address = `127.0.0.1:${port}`;
      return {
        program: findProgram("prometheus-alertmanager") ?? "",
        args: [
          `--config.file=${config}`,
          `--storage.path=${join(folder, "data")}`,
          `--web.listen-address=${address}`,
          "--cluster.listen-address=",
        ],
      };
    });
  });
  afterAll(() => server?.stop());

  it("pages with all that it knows, and the resolved alert replaces the page", async () => {
    const pager = bench.pager(station.mqttPort, "pump-1");
    const alert = {
      labels: { alertname: "PumpHot", instance: "pump-3", severity: "critical" },
      annotations: { summary: "Pump 3 is at 92 °C" },
      generatorURL: "http://prometheus.example.org/graph?g0.expr=pump",
    };
    const post = async (further: object) => {
      const response = await fetch(`http://127.0.0.1:${server.ports[0]}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify([{ ...alert, ...further }]),
      });
      expect(response.status).toBe(200);
    };
    await post({});
    const firing = await pushWith("Firing: PumpHot");
    expect(firing).toMatchObject({ priority: 5, link: alert.generatorURL, sender: "monitor" });
    expect(firing.text).toContain("Pump 3 is at 92 °C");
    await post({ endsAt: new Date().toISOString() });
    const resolved = await pushWith("Resolved: PumpHot");
    expect(resolved).toMatchObject({ priority: 2, collapseKey: firing.collapseKey });
    await until("the page that was replaced", () => pager.screens.at(-1)?.join(" ").includes("Resolved: PumpHot"));
    expect(pager.screens.some((lines) => lines.join(" ").includes("Firing: PumpHot"))).toBe(true);
  });
});

describe.runIf(has("swaks"))("swaks", () => {
  it.each(["PLAIN", "LOGIN"])("by AUTH %s, with a picture", async (method) => {
    const picture = join(bench.folder(), "door.png");
    writeFileSync(picture, await redDot());
    const { stdout } = await run("swaks", [
      ...["--server", `127.0.0.1:${station.mailPort}`, "--from", "camera@example.org", "--to", "bay-1@pager.local"],
      ...["--auth", method, "--auth-user", "monitor", "--auth-password", password],
      ...["--header", "Subject: Camera", "--body", `swaks by ${method}`, "--attach-type", "image/png"],
      ...["--attach", `@${picture}`],
    ]);
    expect(stdout).toContain("250 it is on the station's disk");
    const push = await pushWith(`swaks by ${method}`);
    expect(push).toMatchObject({ title: "Camera", text: `swaks by ${method}` });
    expect(push.picture).toContain("/pictures/");
  });

  it("is told of an unknown recipient", async () => {
    const refused = run("swaks", [
      ...["--server", `127.0.0.1:${station.mailPort}`, "--from", "a@example.org", "--to", "nobody@pager.local"],
      ...["--auth-user", "token", "--auth-password", token],
    ]);
    await expect(refused).rejects.toMatchObject({
      stdout: expect.stringContaining('550 to: the directory knows no "nobody"'),
    });
  });
});

describe.runIf(has("msmtp"))("msmtp", () => {
  it("sends the mail of a shell", async () => {
    const sending = run("msmtp", [
      ...["--host=127.0.0.1", `--port=${station.mailPort}`, "--auth=plain", "--user=token", "--tls=off"],
      ...[`--passwordeval=echo ${token}`, "--from=cron@example.org", "bay-1@pager.local"],
    ]);
    sending.child.stdin?.end("Subject: Cron\nX-Priority: 1\n\nmsmtp from a shell\n");
    await sending;
    expect(await pushWith("msmtp from a shell")).toMatchObject({ title: "Cron", priority: 5 });
  });
});

describe.runIf(has("curl"))("curl", () => {
  it("as ntfy's documentation has it", async () => {
    const bearer = `Authorization: Bearer ${token}`;
    const { stdout } = await run("curl", [
      ...["-sS", "-H", bearer, "-H", "Title: Tür", "-H", "Priority: urgent", "-H", "Tags: rotating_light"],
      ...[
        "-H",
        "Actions: http, Öffnen, https://door.example.org/, method=PUT",
        "-d",
        "curl war hier",
        `${station.url}/bay-1`,
      ],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ event: "message", topic: "bay-1", priority: 5 });
    expect(await pushWith("curl war hier")).toMatchObject({ title: "🚨 Tür", choices: ["Öffnen"] });
  });
});
