import { startAedes } from "./aedes.ts";
import { describeBroker } from "./describe-broker.ts";

describeBroker("aedes", true, startAedes);
