/** What each server of XMPP was found to do, in the version of its Debian package. A test fails if an answer differs. */
export const XMPP_CAPABILITIES = Object.freeze({
  // Its mod_legacyauth takes the password alone. A stream that was cut within a stanza of ours and resumed ends with not-well-formed.
  prosody: {
    found: { mechanisms: ["PLAIN", "SCRAM-SHA-1"], management: "resumes", registration: true, chosen: "SCRAM-SHA-1" },
    legacyLogin: /only leaves over TLS/,
  },
  ejabberd: {
    found: {
      mechanisms: ["PLAIN", "SCRAM-SHA-1", "X-OAUTH2"],
      management: "resumes",
      registration: true,
      chosen: "SCRAM-SHA-1",
    },
    legacyLogin: /digest/,
  },
});
