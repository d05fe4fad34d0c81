/**
 * Replaces the SDK's `ssl/cert`, which has security holes (see `../tls/certificate-check.ts`). It returns the object
 * that the session's creator passed in.
 */
export default class {
  constructor(options: { readonly certificates: object }) {
    // biome-ignore lint/correctness/noConstructorReturn: the SDK constructs it, we supply it.
    return options.certificates;
  }
}
