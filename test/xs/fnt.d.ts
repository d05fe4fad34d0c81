/** A face as bytes. esbuild puts them into the bundle. */
declare module "*.fnt" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
