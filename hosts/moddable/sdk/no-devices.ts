/**
 * Replaces the SDK's list of a board's buses and pins, which brings all their drivers with it. Nothing here uses them,
 * but the SDK's module `system` imports the list.
 */
export default Object.freeze({});
