import { onTestFinished } from "vitest";
import { StationBench } from "./harness.ts";

/** A bench that ends with the present test. */
export function scene(): StationBench {
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  return bench;
}
