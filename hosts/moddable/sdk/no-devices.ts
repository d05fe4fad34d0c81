/**
 * Stands in for the SDK's list of a board's buses and pins, with all of their drivers, where nothing uses them. The SDK's module
 * `system` asks for it.
 */
export default Object.freeze({});
