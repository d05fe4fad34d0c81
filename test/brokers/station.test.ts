import { describeBroker } from "./describe-broker.ts";
import { startStationBroker } from "./station-broker.ts";

describeBroker("station", true, startStationBroker);
