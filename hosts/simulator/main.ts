import { start } from "../moddable/start.ts";
import { SimulatedPager } from "./board.ts";

start(new SimulatedPager());
