/** Names that several files of this folder use. A name that one file uses stands there. */

export const STREAMS = "http://etherx.jabber.org/streams";
export const CLIENT = "jabber:client";
export const STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas";
export const STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams";
export const NOTIFICATION = "androidpn:iq:notification";
/** XEP-0184. */
export const RECEIPTS = "urn:xmpp:receipts";
/** XEP-0333. */
export const MARKERS = "urn:xmpp:chat-markers:0";
/** XEP-0199. */
export const PING = "urn:xmpp:ping";
/** XEP-0203. */
export const DELAY = "urn:xmpp:delay";
