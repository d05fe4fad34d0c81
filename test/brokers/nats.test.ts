import { describeBroker } from "./describe-broker.ts";
import { findNats, startNats } from "./nats.ts";

describeBroker("nats", findNats() !== undefined, startNats);
