/**
 * Webhooks of Prometheus' Alertmanager (version 4 of its format) and of Grafana, whose format is the same with more fields. A notification
 * is about a group of alerts. Its next one, such as that it is resolved, replaces it on the pager unless it was read.
 */
import type { PushRequest } from "../shared/push.ts";
import { fittedPush } from "./fitted-push.ts";
import { isObject, type Json, jsonObject, objectAt, textAt } from "./json.ts";
import { SenderRefused } from "./sender-refused.ts";

/** The priority of an alert by its label `severity`, or `priority`. */
const PRIORITIES: Readonly<Record<string, number>> = Object.freeze({
  page: 5,
  critical: 5,
  disaster: 5,
  emergency: 5,
  p1: 5,
  error: 4,
  high: 4,
  major: 4,
  p2: 4,
  warning: 3,
  warn: 3,
  average: 3,
  p3: 3,
  minor: 2,
  low: 2,
  info: 2,
  information: 2,
  p4: 2,
  none: 1,
  p5: 1,
});
const FIRING_PRIORITY = 4;
const RESOLVED_PRIORITY = 2;

/** Where an alert says in words what has happened, the best one first. */
const WORDS = ["summary", "message", "description"] as const;
/** Labels that say what the alert is about, the best one first. */
const SUBJECTS = ["instance", "device", "host", "node", "pod", "service", "job"] as const;

/** @throws SenderRefused if it is no notification */
export function alertPush(to: string, body: Uint8Array): PushRequest {
  const json = jsonObject(body);
  if (!Array.isArray(json.alerts))
    throw new SenderRefused("alerts: expected the webhook format of Alertmanager or Grafana");
  const alerts = json.alerts.filter(isObject);
  const firing = alerts.filter((alert) => textAt(alert, "status") !== "resolved");
  const isResolved = textAt(json, "status") === "resolved" || (alerts.length > 0 && firing.length === 0);
  const shown = isResolved ? alerts : [...firing, ...alerts.filter((alert) => !firing.includes(alert))];
  const name = nameOf(json, alerts);
  const [first = {}] = shown;
  return fittedPush({
    to,
    title: `${isResolved ? "Resolved" : "Firing"}: ${name}${alerts.length > 1 ? ` (${(isResolved ? alerts : firing).length})` : ""}`,
    text: textOf(json, shown),
    priority: isResolved
      ? RESOLVED_PRIORITY
      : Math.max(...firing.map(priorityOf), firing.length === 0 ? FIRING_PRIORITY : 1),
    collapseKey: `alerts ${textAt(json, "groupKey") || name}`,
    link: linkOf(json, first),
    picture: textAt(first, "imageURL"),
  });
}

function nameOf(json: Json, alerts: readonly Json[]): string {
  const label = (from: Json) => textAt(from, "alertname");
  const common = label(objectAt(json, "commonLabels")) || label(objectAt(json, "groupLabels"));
  const names = new Set(alerts.map((alert) => label(objectAt(alert, "labels"))).filter((each) => each !== ""));
  return common || [...names].join(", ") || textAt(json, "receiver") || "alert";
}

/** A line for each alert. What all of them say stands once. */
function textOf(json: Json, alerts: readonly Json[]): string {
  const common = wordsOf(objectAt(json, "commonAnnotations"));
  const lines = alerts.map((alert) => {
    const labels = objectAt(alert, "labels");
    const words = wordsOf(objectAt(alert, "annotations"));
    const own = words === common ? "" : words;
    const subject = subjectOf(labels);
    const value = textAt(alert, "valueString");
    const isOver = textAt(alert, "status") === "resolved" && textAt(json, "status") !== "resolved";
    const line = [own.includes(subject) ? "" : subject, own || value].filter((part) => part !== "").join(": ");
    return line === "" || !isOver ? line : `resolved: ${line}`;
  });
  const left = Number(json.truncatedAlerts) > 0 ? [`and ${Number(json.truncatedAlerts)} more`] : [];
  const text = [common, ...new Set(lines), ...left].filter((line) => line !== "").join("\n");
  return text || textAt(json, "message");
}

function wordsOf(annotations: Json): string {
  for (const name of WORDS) {
    const words = textAt(annotations, name);
    if (words !== "") return words;
  }
  return "";
}

/** What the alert is about. Without a usual label all but its name. */
function subjectOf(labels: Json): string {
  for (const name of SUBJECTS) {
    const subject = textAt(labels, name);
    if (subject !== "") return subject;
  }
  return Object.keys(labels)
    .filter((name) => !["alertname", "severity", "priority", "grafana_folder"].includes(name) && !name.startsWith("__"))
    .map((name) => `${name}=${textAt(labels, name)}`)
    .join(" ");
}

function priorityOf(alert: Json): number {
  const labels = objectAt(alert, "labels");
  return PRIORITIES[(textAt(labels, "severity") || textAt(labels, "priority")).toLowerCase()] ?? FIRING_PRIORITY;
}

function linkOf(json: Json, alert: Json): string {
  const annotations = objectAt(alert, "annotations");
  return (
    textAt(annotations, "runbook_url") ||
    textAt(alert, "panelURL") ||
    textAt(alert, "dashboardURL") ||
    textAt(alert, "generatorURL") ||
    textAt(json, "externalURL")
  );
}
