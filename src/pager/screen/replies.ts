/** The replies that the carrier can give to a message, and the buttons that give them. */

/** How many replies are offered at once, by the first two buttons. The third button leads to the others, or back. */
const REPLIES_SHOWN = 2;

/** They stand before the replies that the first two buttons give. */
export const REPLY_LETTERS = "AB";

/** The message counts as read, and its sender gets no answer. */
const NO_ANSWER = "no answer";

/** The choices of a message, then the reply to give no answer. */
export function repliesTo(choices: readonly string[]): readonly string[] {
  return [...choices, NO_ANSWER];
}

/**
 * Which reply the first button gives after `first`. undefined: all have been offered. They are offered in pairs. Then they are offered
 * in other pairs, so that a board without a first button can give each of them with its second one.
 */
export function nextFirst(first: number, count: number): number | undefined {
  if (first + REPLIES_SHOWN < count) return first + REPLIES_SHOWN;
  return first % REPLIES_SHOWN === 0 ? 1 : undefined;
}

/** The labels of the buttons while replies are offered. @param first index of the reply that the first button gives */
export function replyLabels(replies: readonly string[], first: number): readonly [string, string, string] {
  const { length } = replies;
  const second = replies[(first + 1) % length] ?? "";
  return [replies[first] ?? "", second, nextFirst(first, length) === undefined ? "back" : "more"];
}

/** The replies as lines, each with the button that gives it. */
export function replyLines(replies: readonly string[], first: number): readonly string[] {
  return replies.map(
    (reply, index) => `${REPLY_LETTERS[(index - first + replies.length) % replies.length] ?? " "}  ${reply}`,
  );
}
