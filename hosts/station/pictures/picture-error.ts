/** There is no picture. The message says why, in words for the carrier: at most `PICTURE_WORDS_BYTES_MAX` bytes. */
export class PictureError extends Error {}
