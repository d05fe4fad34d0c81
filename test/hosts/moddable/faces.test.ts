/** The faces in the repository are the output of `npm run faces`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FACES_FOLDER, FONT_PACKAGES, recordOf } from "../../../hosts/moddable/tools/face-record.ts";

it("were made by today's scripts and fonts; if not: npm run faces", () => {
  expect(recordOf()).toEqual(JSON.parse(readFileSync(join(FACES_FOLDER, "made.json"), "utf8")));
});

it.each(FONT_PACKAGES)("stand beside the licence of %s", (name) => {
  expect(readFileSync(join(FACES_FOLDER, `LICENSE-${name.split("/")[1]}.txt`), "utf8")).toContain(
    "SIL OPEN FONT LICENSE",
  );
});
