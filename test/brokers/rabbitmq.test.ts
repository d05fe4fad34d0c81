import { describeBroker } from "./describe-broker.ts";
import { findRabbitmq, startRabbitmq } from "./rabbitmq.ts";

describeBroker("rabbitmq", findRabbitmq() !== undefined, startRabbitmq);
