/** The station cannot start, for a reason that its user can change. The message is one line for them. */
export class StationError extends Error {}
