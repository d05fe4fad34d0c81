/** What a finger does on the screen. Positions are in pixels from the top left corner. */
export type Gesture =
  | { readonly kind: "tap" | "hold"; readonly x: number; readonly y: number }
  /** `isOn`: to the left or upwards, to what comes next. `isFlat`: to the left or to the right. */
  | { readonly kind: "swipe"; readonly isOn: boolean; readonly isFlat: boolean };
