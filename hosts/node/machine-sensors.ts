import { availableParallelism, freemem, loadavg, totalmem, uptime } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { Sensor } from "../../src/seams.ts";

/** Sensors of this machine: load for each processor, free memory, time since its start. */
export function machineSensors(): readonly Sensor[] {
  return [
    { name: "load", unit: "/", deadband: 0.05, sample: () => round((loadavg()[0] ?? 0) / availableParallelism(), 2) },
    { name: "memory-free", unit: "/", deadband: 0.02, sample: () => round(freemem() / totalmem(), 3) },
    { name: "machine-uptime", unit: "s", deadband: 3600, sample: () => Math.floor(uptime()) },
  ];
}

/** What is free of the heap of this program. */
export const heapFigure: Sensor = Object.freeze({
  name: "heap-free",
  unit: "B",
  deadband: 16 * 2 ** 20,
  isDiagnostic: true,
  sample: () => getHeapStatistics().total_available_size,
});

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
