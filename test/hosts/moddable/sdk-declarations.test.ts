/** The reading of declarations and made-up drivers, which are compared with the SDK. */
import { expect, it } from "vitest";
import { declaredIn, declaredModules } from "./sdk-declarations.ts";

it("a declaration is read: exports, and members without the names in their parameters", () => {
  const text = `
declare module "a" {
    export type Font = { readonly height: number };
    export class B { constructor(options: { address: string }); static make(a?: (b: number) => void): B; readonly c?: string }
    const D: { new (path: string): B; set(value: { inner: number }): void };
    export default D;
  }
declare module "e" { export const f: number; export default function g(): void; }`;
  expect([...declaredModules(text)]).toEqual([
    ["a", { exports: ["B", "default"], members: ["make", "c", "set"] }],
    ["e", { exports: ["f", "default"], members: [] }],
  ]);
});

it("a made-up driver is read: exports and public members", () => {
  const text = `class A {
    static readonly one = 1;
    readonly two = "x";
    private hidden = 3;
    constructor(options: { four: number }) { this.hidden = options.four; }
    get five(): number { return this.hidden; }
    six(): void {}
    private seven(): void {}
  }
  export default A;`;
  expect(declaredIn(text)).toEqual({ exports: ["default"], members: ["one", "two", "five", "six"] });
});
