/** The faces of a page. The station serves their files. */

import type { MeasureText } from "../../src/seams.ts";
import { Face } from "../face.ts";
import { type Faces, facesFrom, Lettering } from "../lettering.ts";
import { readSheet, type Sheet } from "./face-pictures.ts";

const NAMES = ["latin-16", "latin-20", "latin-28", "latin-48", "cjk-16"];

let faces: Promise<Faces<Sheet>> | undefined;

/** Fetches the faces, once for a page. Rejects if the station does not answer. */
export function fetchFaces(): Promise<Faces<Sheet>> {
  faces ??= fetchAll().catch((error: unknown) => {
    faces = undefined;
    throw error;
  });
  return faces;
}

/** @param faces as `fetchFaces` gives them */
export function measureIn(faces: Faces<Sheet>): MeasureText {
  const lettering = new Lettering(faces);
  return (font, text) => lettering.measureText(font, text);
}

async function fetchAll(): Promise<Faces<Sheet>> {
  const loaded = new Map(await Promise.all(NAMES.map(async (name) => [name, await fetchFace(name)] as const)));
  return facesFrom((name) => loaded.get(name));
}

async function fetchFace(name: string): Promise<Face<Sheet>> {
  const [table, png] = await Promise.all([fetchBytes(`/faces/${name}.fnt`), fetchBytes(`/faces/${name}.png`)]);
  return new Face(new DataView(table), await readSheet(new Uint8Array(png)));
}

async function fetchBytes(path: string): Promise<ArrayBuffer> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response.arrayBuffer();
}
