import { useEffect, useState } from "preact/hooks";
import type { DeviceSummary } from "../../shared/device.ts";
import type { StationModel } from "../model/station-model.ts";
import { agoOf, spanOf } from "../parts/describe-time.ts";
import { Presence } from "../parts/presence.tsx";

/** Milliseconds between two looks at the clock for "5 min ago". */
const CLOCK_MS = 10_000;
/** Rows on the page at most. The filter finds the others. */
const ROWS_MAX = 200;

/** The roster: every device with its presence, live. */
export function DevicesView({ model }: { readonly model: StationModel }) {
  const [filter, setFilter] = useState("");
  const nowMs = useClock(CLOCK_MS);
  const wanted = filter.trim().toLowerCase();
  const { devices } = model;
  const found = devices.filter((device) => wordsOf(device).includes(wanted));
  const online = devices.filter(({ presence }) => presence && !["offline", "asleep"].includes(presence.status)).length;
  return (
    <section class="panel" aria-labelledby="devices-heading">
      <h2 id="devices-heading">
        Devices <span class="hint">{`${online} of ${devices.length} connected`}</span>
      </h2>
      <input
        type="search"
        aria-label="Filter"
        placeholder="Filter by name, place, person, presence"
        value={filter}
        onInput={(event) => setFilter(event.currentTarget.value)}
      />
      {devices.length === 0 && <p class="hint">Nothing has been heard of any device yet.</p>}
      {devices.length > 0 && found.length === 0 && <p class="hint">No device matches.</p>}
      <ul class="roster">
        {found.slice(0, ROWS_MAX).map(({ uid, label, owner, firmware, presence, telemetryAtMs }) => (
          <li key={uid} data-device={uid}>
            <a href={`#devices/${encodeURIComponent(uid)}`}>
              <span class="device-name">
                <b>{uid}</b>
                <span class="hint">
                  {[label, owner, firmware && `${firmware.board} ${firmware.version}`].filter(Boolean).join(" · ")}
                </span>
              </span>
              <Presence presence={presence} />
              <span class="hint when">
                {presence ? `for ${spanOf((nowMs - presence.sinceMs) / 1000)}` : ""}
                {telemetryAtMs === undefined ? "" : ` · readings ${agoOf(telemetryAtMs, nowMs)}`}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {found.length > ROWS_MAX && <p class="hint">{found.length - ROWS_MAX} more: filter to see them.</p>}
    </section>
  );
}

function wordsOf({ uid, label = "", owner = "", firmware, presence }: DeviceSummary): string {
  return `${uid} ${label} ${owner} ${firmware?.board ?? ""} ${firmware?.version ?? ""} ${presence?.status ?? ""} ${presence?.context ?? ""}`.toLowerCase();
}

/** The time, renewed in an interval. */
export function useClock(everyMs: number): number {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}
