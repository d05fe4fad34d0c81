import Button from "button";
import type { ButtonInput } from "../board-parts.ts";

/** A button that connects a pin to ground. */
export function pinButton(pin: number): ButtonInput {
  return (handleChange) => {
    const button = new Button({ pin, invert: true, onPush: handleChange });
    return () => button.pressed;
  };
}
