import { availableParallelism, freemem, loadavg, totalmem, uptime } from "node:os";
import type { Sensor } from "../../src/seams.ts";

/** The machine as its own sensor: load for each processor, memory that is free, time since it started. */
export function machineSensors(): readonly Sensor[] {
  return [
    { name: "load", unit: "/", sample: () => round((loadavg()[0] ?? 0) / availableParallelism(), 2) },
    { name: "memory-free", unit: "/", sample: () => round(freemem() / totalmem(), 3) },
    { name: "uptime", unit: "s", sample: () => Math.floor(uptime()) },
  ];
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
