/** The fonts of the layout, by role. A host maps each one to a face of its own with these pixel sizes. */
export type Font = "small" | "body" | "large" | "clock";

/**
 * Size of the face and height of a line, in pixels. The text is drawn at the top of its line. `clock` has digits and the
 * colon only.
 */
export const FONTS = Object.freeze({
  small: Object.freeze({ sizePixels: 16, lineHeight: 22 }),
  body: Object.freeze({ sizePixels: 20, lineHeight: 27 }),
  large: Object.freeze({ sizePixels: 28, lineHeight: 38 }),
  clock: Object.freeze({ sizePixels: 48, lineHeight: 56 }),
} as const);
