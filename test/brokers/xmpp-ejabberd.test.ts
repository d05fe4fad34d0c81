import { describeXmpp } from "./describe-xmpp.ts";
import { findEjabberd, startEjabberdXmpp } from "./ejabberd.ts";

describeXmpp("ejabberd", findEjabberd() !== undefined, startEjabberdXmpp);
