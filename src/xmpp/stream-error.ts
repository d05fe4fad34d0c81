/** Why a stream ends. The session tells the server the condition, and its owner the problem. */

/** The server sent what no stream may hold. The condition is one of RFC 6120, 4.9.3. */
export class StreamError extends Error {
  readonly condition: string;

  constructor(condition: string, problem: string) {
    super(`${problem} (${condition})`);
    this.condition = condition;
  }
}

/** The server does not take this login, or it does not prove that it knows the password. */
export class LoginError extends Error {
  /** An early return would not help. */
  readonly isLasting: boolean;

  constructor(problem: string, isLasting = true) {
    super(problem);
    this.isLasting = isLasting;
  }
}
