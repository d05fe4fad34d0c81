import { describeBroker } from "./describe-broker.ts";
import { findEjabberd, startEjabberd } from "./ejabberd.ts";

describeBroker("ejabberd", findEjabberd() !== undefined, startEjabberd);
