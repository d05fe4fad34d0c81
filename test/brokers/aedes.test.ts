import { describe } from "vitest";
import { startAedes } from "./aedes.ts";
import { describeScenarios } from "./scenarios.ts";

describe("against Aedes", () => {
  describeScenarios(startAedes);
});
