/** What is used of the SDK's module `system`, which boards have. */
declare const System: { restart(): void };
export default System;
