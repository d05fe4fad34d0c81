/** The part of the SDK's module `resetReason` that is used. */
export default function getResetReason(): { readonly reason: number; readonly string: string };
