/** Light sleep of the chip. The SDK has none. See `light-sleep.c`. */
function allow(isAllowed) {
  native("fp_light_sleep_allow").call(undefined, isAllowed);
}

export default Object.freeze({ allow });
