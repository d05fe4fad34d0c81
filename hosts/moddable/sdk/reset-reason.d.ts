/** What is used of the SDK's module `resetReason`. */
export default function getResetReason(): { readonly reason: number; readonly string: string };
