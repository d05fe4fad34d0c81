/** What the carrier can reply to a message, and which of it the buttons give. */

/** Replies that are offered at once, by the first two buttons. The third one leads to the others, or back. */
export const REPLIES_SHOWN = 2;

/** The message counts as read, and its sender gets no answer. */
const NO_ANSWER = "no answer";

/** The choices of a message, and behind them to give none. */
export function repliesTo(choices: readonly string[]): readonly string[] {
  return [...choices, NO_ANSWER];
}

/** What the buttons do while replies are offered. @param first which reply the first button gives */
export function replyLabels(replies: readonly string[], first: number): readonly [string, string, string] {
  return [replies[first] ?? "", replies[first + 1] ?? "", first + REPLIES_SHOWN < replies.length ? "more" : "back"];
}

/** The replies as lines, each with the button that gives it. */
export function replyLines(replies: readonly string[], first: number): readonly string[] {
  return replies.map((reply, index) => `${"AB"[index - first] ?? " "}  ${reply}`);
}
