/** The replies that the carrier can give to a message, and the buttons that give them. */

/** How many replies are offered at once, by the first two buttons. The third button leads to the others, or back. */
export const REPLIES_SHOWN = 2;

/** The message counts as read, and its sender gets no answer. */
const NO_ANSWER = "no answer";

/** The choices of a message, then the reply to give no answer. */
export function repliesTo(choices: readonly string[]): readonly string[] {
  return [...choices, NO_ANSWER];
}

/** The labels of the buttons while replies are offered. @param first index of the reply that the first button gives */
export function replyLabels(replies: readonly string[], first: number): readonly [string, string, string] {
  return [replies[first] ?? "", replies[first + 1] ?? "", first + REPLIES_SHOWN < replies.length ? "more" : "back"];
}

/** The replies as lines, each with the button that gives it. */
export function replyLines(replies: readonly string[], first: number): readonly string[] {
  return replies.map((reply, index) => `${"AB"[index - first] ?? " "}  ${reply}`);
}
