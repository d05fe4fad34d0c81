import { describeXmpp } from "./describe-xmpp.ts";
import { findProsody, startProsody } from "./prosody.ts";

describeXmpp("prosody", findProsody() !== undefined, startProsody);
