import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Process ids of the station's broker processes, oldest first, without the processes of its compiler. */
export function brokerProcessesOf({ pid }: ChildProcess): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => {
      try {
        const [, parent] = readFileSync(`/proc/${each}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        return Number(parent) === pid && readFileSync(`/proc/${each}/cmdline`, "utf8").includes("broker-process");
      } catch {
        return false;
      }
    })
    .sort((a, b) => a - b);
}
