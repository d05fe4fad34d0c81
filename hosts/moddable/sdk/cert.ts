/** Stands in for the SDK's `ssl/cert`, which has holes (see `../tls/certificate-check.ts`): gives what the maker of the session made. */
export default class {
  constructor(options: { readonly certificates: object }) {
    // biome-ignore lint/correctness/noConstructorReturn: the SDK constructs it, we supply it.
    return options.certificates;
  }
}
