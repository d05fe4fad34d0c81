import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../../../../src/errors.ts";
import type { DeviceDetails, DeviceReading, Series } from "../../shared/device.ts";
import { SERIES_POINTS_MAX } from "../../shared/limits.ts";
import { fetchDevice } from "../model/station-client.ts";
import type { StationModel } from "../model/station-model.ts";
import { Chart, numberOf, unitOf } from "../parts/chart.tsx";
import { agoOf, momentOf, spanOf } from "../parts/describe-time.ts";
import { Problem } from "../parts/field.tsx";
import { Presence } from "../parts/presence.tsx";
import { useClock } from "./devices-view.tsx";

const CLOCK_MS = 5_000;

interface Props {
  readonly uid: string;
  readonly model: StationModel;
}

/** One device: its connection, its readings as charts, what waits for it. */
export function DeviceView({ uid, model }: Props) {
  const [details, setDetails] = useState<DeviceDetails>();
  const [problem, setProblem] = useState("");
  const nowMs = useClock(CLOCK_MS);
  const live = model.devices.find((device) => device.uid === uid);
  const presenceKey = `${live?.presence?.status} ${live?.presence?.sinceMs}`;
  useEffect(() => {
    fetchDevice(uid).then(setDetails, (error) => setProblem(messageOf(error)));
  }, [uid, presenceKey, model.isLive]);
  useEffect(
    () =>
      model.listenToTelemetry(({ device, readings }) => {
        if (device !== uid) return;
        setDetails((former) => former && { ...former, series: withReadings(former.series, readings) });
      }),
    [uid],
  );
  return (
    <section class="panel" aria-labelledby="device-heading">
      <p>
        <a href="#devices">All devices</a>
      </p>
      <h2 id="device-heading">
        {uid} <Presence presence={live?.presence} />
      </h2>
      <Problem text={problem} />
      {details && <Facts details={details} live={live} nowMs={nowMs} />}
      <h3>Readings</h3>
      {details?.series.length === 0 && <p class="hint">None since the station started.</p>}
      <div class="charts">
        {details?.series.filter(isMoving).map((series) => (
          <Chart key={series.name} series={series} />
        ))}
      </div>
      <dl class="facts steady">
        {details?.series
          .filter((series) => !isMoving(series))
          .map(({ name, unit, values }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{`${numberOf(values.at(-1) ?? Number.NaN)} ${unitOf(unit)}`}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

interface FactsProps {
  readonly details: DeviceDetails;
  readonly live: Partial<DeviceDetails> | undefined;
  readonly nowMs: number;
}

function Facts({ details, live, nowMs }: FactsProps) {
  const { connection, subscriptions, waiting, label, owner, series } = details;
  const last = (name: string) => series.find((each) => each.name === name)?.values.at(-1);
  const uptime = last("uptime");
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["What it is", label],
    ["Carried by", owner],
    ["Firmware", live?.firmware && `${live.firmware.version} for ${live.firmware.board}`],
    ["Presence since", live?.presence && momentOf(live.presence.sinceMs)],
    ["Last readings", live?.telemetryAtMs === undefined ? undefined : agoOf(live.telemetryAtMs, nowMs)],
    ["Connection", connection ? `${connection.protocol} from ${connection.address}` : "none to this station"],
    ["Connected for", connection && spanOf((nowMs - connection.sinceMs) / 1000)],
    ["Keep alive", connection && spanOf(connection.keepAliveSeconds)],
    ["Running for", uptime === undefined ? undefined : spanOf(uptime)],
    ["Pushes that wait here", String(waiting)],
  ];
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
      <div class="wide">
        <dt>Listens to</dt>
        <dd>
          {subscriptions.length > 0 ? subscriptions.map((topic) => <code key={topic}>{topic}</code>) : "nothing yet"}
        </dd>
      </div>
    </dl>
  );
}

/** A series that has changed gets a chart. The others are shown as words. */
function isMoving({ values }: Series): boolean {
  return values.some((value) => value !== values[0]);
}

function withReadings(series: readonly Series[], readings: readonly DeviceReading[]): readonly Series[] {
  const byName = new Map(series.map((each) => [each.name, each]));
  for (const { name, unit, value, atMs } of readings) {
    const { timesMs = [], values = [] } = byName.get(name) ?? {};
    if ((timesMs.at(-1) ?? 0) >= atMs) continue;
    byName.set(name, {
      name,
      unit,
      timesMs: [...timesMs, atMs].slice(-SERIES_POINTS_MAX),
      values: [...values, value].slice(-SERIES_POINTS_MAX),
    });
  }
  return [...byName.values()];
}
