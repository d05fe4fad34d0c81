/** The globals of Node that mqtt-packet needs, for an engine without them. */
import { Buffer } from "buffer/index.js";

const shim = { env: {}, nextTick: (act: () => void) => act() };

export { Buffer, shim as process };
