/** Readings and their SenML. */
import type { Reading } from "../../src/payload/telemetry.ts";

export const TELEMETRY_VECTORS: readonly {
  name: string;
  format: "cbor" | "json";
  readings: Reading[];
  nowSeconds: number | undefined;
  expected: string;
}[] = [
  {
    name: "one reading, JSON",
    format: "json",
    readings: [{ name: "temperature", unit: "Cel", value: 21.5, ageSeconds: 0 }],
    nowSeconds: 1_700_000_000,
    expected: '[{"bn":"p/","bt":1700000000,"n":"temperature","u":"Cel","v":21.5}]',
  },
  {
    name: "two readings of different age, JSON",
    format: "json",
    readings: [
      { name: "t", unit: "Cel", value: 1, ageSeconds: 60 },
      { name: "t", unit: "Cel", value: 2, ageSeconds: 0 },
    ],
    nowSeconds: 1_700_000_000,
    expected: '[{"bn":"p/","bt":1699999940,"n":"t","u":"Cel","v":1},{"n":"t","u":"Cel","v":2,"t":60}]',
  },
  {
    name: "no clock: relative times, JSON",
    format: "json",
    readings: [{ name: "t", unit: "Cel", value: 1, ageSeconds: 60 }],
    nowSeconds: undefined,
    expected: '[{"bn":"p/","n":"t","u":"Cel","v":1,"t":-60}]',
  },
  {
    name: "a sensor that failed, JSON",
    format: "json",
    readings: [{ name: "t", unit: "Cel", value: undefined, ageSeconds: 0 }],
    nowSeconds: 1_700_000_000,
    expected: '[{"bn":"p/","bt":1700000000,"n":"t","vs":"failed"}]',
  },
  {
    name: "a sensor that failed, without a clock, CBOR",
    format: "cbor",
    readings: [{ name: "t", unit: "Cel", value: undefined, ageSeconds: 0.5 }],
    nowSeconds: undefined,
    expected: "81 a4 21 62702f 00 6174 03 66 6661696c6564 06 fabf000000",
  },
  {
    name: "numbers of every size, CBOR (RFC 8949, appendix A)",
    format: "cbor",
    readings: [10, 100, 1000, 1_000_000, -10, -1000, 1.5, 1.1, 4_294_967_296].map((value) => ({
      name: "v",
      unit: "",
      value,
      ageSeconds: 0,
    })),
    nowSeconds: undefined,
    expected:
      "89 a4 21 62702f 00 6176 01 60 02 0a a3 00 6176 01 60 02 1864 a3 00 6176 01 60 02 1903e8 a3 00 6176 01 60 02 1a000f4240 a3 00 6176 01 60 02 29 a3 00 6176 01 60 02 3903e7 a3 00 6176 01 60 02 fa3fc00000 a3 00 6176 01 60 02 fb3ff199999999999a a3 00 6176 01 60 02 fa4f800000",
  },
];
