/** Webhooks of Alertmanager and Grafana, in the form that their documentation shows. */
import { describe, expect, it } from "vitest";
import { alertPush } from "../../../../hosts/station/senders/alerts.ts";
import { DEVICE_PACKET_BYTES_MAX } from "../../../../hosts/station/shared/limits.ts";

const push = (json: unknown) => alertPush("night", new TextEncoder().encode(JSON.stringify(json)));

const ALERT = {
  status: "firing",
  labels: { alertname: "HighLoad", instance: "web-1:9100", severity: "critical" },
  annotations: { summary: "Load is 12 for five minutes", description: "A longer text" },
  startsAt: "2026-11-27T10:00:00Z",
  endsAt: "0001-01-01T00:00:00Z",
  generatorURL: "http://prometheus.example.org/graph?g0.expr=load",
  fingerprint: "a1b2",
};
/** prometheus.io/docs/alerting/latest/configuration, webhook_config. */
const ALERTMANAGER = {
  version: "4",
  groupKey: '{}:{alertname="HighLoad"}',
  truncatedAlerts: 0,
  status: "firing",
  receiver: "pager",
  groupLabels: { alertname: "HighLoad" },
  commonLabels: { alertname: "HighLoad", severity: "critical" },
  commonAnnotations: {},
  externalURL: "http://alertmanager.example.org",
  alerts: [ALERT],
};

describe("a webhook of Alertmanager", () => {
  it("says what has happened, where, how bad it is, and where to look", () => {
    expect(push(ALERTMANAGER)).toEqual({
      to: "night",
      title: "Firing: HighLoad",
      text: "web-1:9100: Load is 12 for five minutes",
      priority: 5,
      collapseKey: 'alerts {}:{alertname="HighLoad"}',
      link: "http://prometheus.example.org/graph?g0.expr=load",
    });
  });

  it("that it is resolved replaces its own page, with less priority", () => {
    const resolved = push({ ...ALERTMANAGER, status: "resolved", alerts: [{ ...ALERT, status: "resolved" }] });
    expect(resolved).toMatchObject({ title: "Resolved: HighLoad", priority: 2 });
    expect(resolved.collapseKey).toBe(push(ALERTMANAGER).collapseKey);
  });

  it("of several alerts has a line for each, those that fire first, and what all of them say once", () => {
    const alerts = [
      { ...ALERT, status: "resolved", labels: { ...ALERT.labels, instance: "web-0" } },
      ALERT,
      { ...ALERT, labels: { ...ALERT.labels, instance: "web-2", severity: "warning" } },
    ];
    const commonAnnotations = { summary: ALERT.annotations.summary };
    expect(push({ ...ALERTMANAGER, alerts, commonAnnotations, truncatedAlerts: 4 })).toMatchObject({
      title: "Firing: HighLoad (2)",
      text: "Load is 12 for five minutes\nweb-1:9100\nweb-2\nresolved: web-0\nand 4 more",
      priority: 5,
    });
  });

  it.each([
    ["warning", 3],
    ["INFO", 2],
    ["none", 1],
    ["unknown", 4],
  ])("of severity %s has priority %i", (severity, priority) => {
    expect(push({ ...ALERTMANAGER, alerts: [{ ...ALERT, labels: { alertname: "A", severity } }] }).priority).toBe(
      priority,
    );
  });

  it("without the usual labels and annotations says what labels there are", () => {
    const alerts = [{ status: "firing", labels: { alertname: "A", shelf: "7", __private: "x" } }];
    expect(push({ ...ALERTMANAGER, commonLabels: {}, groupLabels: {}, alerts })).toMatchObject({
      title: "Firing: A",
      text: "shelf=7",
    });
  });

  it("prefers a runbook as link", () => {
    const annotations = { summary: "x", runbook_url: "https://example.org/runbook" };
    expect(push({ ...ALERTMANAGER, alerts: [{ ...ALERT, annotations }] }).link).toBe("https://example.org/runbook");
  });

  it("is cut to size, never refused for its length", () => {
    const name = "N".repeat(300);
    const alerts = Array.from({ length: 400 }, (_, index) => ({
      ...ALERT,
      labels: { alertname: name, instance: `host-${index}` },
    }));
    const long = push({ ...ALERTMANAGER, groupKey: "k".repeat(500), commonLabels: { alertname: name }, alerts });
    expect(long.title).toHaveLength(200);
    expect(long.text).toMatch(/^host-0: .*…$/s);
    expect(Buffer.byteLength(long.text)).toBeLessThan(DEVICE_PACKET_BYTES_MAX);
    expect(long.collapseKey).toHaveLength(43);
  });

  it.each([
    ["{", "no JSON"],
    ["[]", "expected an object"],
    ["{}", "expected the webhook format of Alertmanager or Grafana"],
  ])("%s is refused in words", (body, problem) => {
    expect(() => alertPush("night", new TextEncoder().encode(body))).toThrow(problem);
  });

  it.each([[[null, 7, "x"]], [[]], [[{ labels: 7, annotations: [] }]]])("of %j alerts does not throw", (alerts) => {
    expect(push({ alerts })).toMatchObject({ to: "night", text: "Firing: alert", priority: 4 });
  });
});

/** grafana.com/docs/grafana/latest/alerting, webhook notifier. */
describe("a webhook of Grafana", () => {
  it("shows the panel's picture, and leads to the panel", () => {
    const grafana = {
      ...ALERTMANAGER,
      orgId: 1,
      title: "[FIRING:1] High memory usage",
      state: "alerting",
      message: "**Firing**",
      groupKey: '{}/{team="blue"}:{alertname="High memory usage"}',
      commonLabels: { alertname: "High memory usage", grafana_folder: "Servers" },
      groupLabels: {},
      alerts: [
        {
          status: "firing",
          labels: { alertname: "High memory usage", team: "blue", grafana_folder: "Servers" },
          annotations: {},
          valueString: "[ metric='B' value=14151.33 ]",
          generatorURL: "https://play.grafana.org/alerting/1afz29v7z/edit",
          silenceURL: "https://play.grafana.org/alerting/silence/new",
          dashboardURL: "https://play.grafana.org/d/000000012",
          panelURL: "https://play.grafana.org/d/000000012?viewPanel=3",
          imageURL: "https://play.grafana.org/render.png",
        },
      ],
    };
    expect(push(grafana)).toEqual({
      to: "night",
      title: "Firing: High memory usage",
      text: "team=blue: [ metric='B' value=14151.33 ]",
      priority: 4,
      collapseKey: 'alerts {}/{team="blue"}:{alertname="High memory usage"}',
      link: "https://play.grafana.org/d/000000012?viewPanel=3",
      picture: "https://play.grafana.org/render.png",
    });
  });
});
