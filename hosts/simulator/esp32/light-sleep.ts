/** Replaces the chip's light sleep. It traces each change. */
let isAllowed = false;

function allow(isNowAllowed: boolean): void {
  if (isNowAllowed !== isAllowed) trace(`light sleep: ${isNowAllowed ? "allowed" : "not allowed"}\n`);
  isAllowed = isNowAllowed;
}

export default Object.freeze({ allow });
