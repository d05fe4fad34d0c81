/** The part of the SDK's module `curve` that is used. */
export interface Point {
  readonly X: bigint;
  readonly Y: bigint;
}
declare class Curve {
  constructor(name: "secp256r1" | "secp384r1");
  readonly n: bigint;
  readonly G: Point;
  /** Size of a number below the order, in bytes. */
  readonly orderSize: number;
  readonly ec: {
    readonly a: bigint;
    readonly b: bigint;
    readonly m: bigint;
    mul(point: Point, factor: bigint): Point;
  };
  /** The number that the next signature takes instead of a random one. */
  k?: bigint;
}
export default Curve;
