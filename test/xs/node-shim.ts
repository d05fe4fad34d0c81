/** What mqtt-packet expects of Node, for an engine that has none of it. */
import { Buffer } from "buffer/index.js";

const shim = { env: {}, nextTick: (act: () => void) => act() };

export { Buffer, shim as process };
