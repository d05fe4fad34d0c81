/** The picture of a push on the preview: the station draws it as it would for a device. */
import { useEffect, useState } from "preact/hooks";
import type { Size } from "../../../../src/pager/screen/draw-list.ts";
import type { ShownPicture } from "../../../../src/pager/screen/message-picture.ts";
import type { BlockColours } from "../../../../src/pager/screen/picture-blocks.ts";
import type { ScreenKind } from "../../../../src/pager/screen/theme.ts";
import { fromBase64 } from "../../../browser/base64.ts";
import type { DrawnPicture } from "../../shared/picture.ts";
import { fetchDrawn } from "../model/station-client.ts";

/** Milliseconds without a change of the room until the station draws for it. */
const SETTLE_MS = 250;

const COLOURS = Object.freeze({ color: 5, grey: 4, "one bit": 1 } as const satisfies Record<ScreenKind, BlockColours>);

/** Numbers pictures, so that a painter sees that one is another. */
let lastKey = 0;

/** @param address of a picture that was uploaded here; empty: there is none. undefined: it is not there yet */
export function useDrawn(address: string, kind: ScreenKind, { width, height }: Size): ShownPicture | undefined {
  const [drawn, setDrawn] = useState<{ readonly name: string; readonly picture: ShownPicture }>();
  const name = `${address} ${kind} ${width} ${height}`;
  useEffect(() => {
    if (address === "") return undefined;
    let isWanted = true;
    const timer = setTimeout(() => {
      // Without it the place of the picture stays empty. What is wrong with the picture was said when it was uploaded.
      fetchDrawn(address, { colours: COLOURS[kind], width, height }).then(
        (answer) => isWanted && setDrawn({ name, picture: shown(answer, COLOURS[kind]) }),
        () => {},
      );
    }, SETTLE_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [name]);
  return drawn?.name === name ? drawn.picture : undefined;
}

function shown({ width, height, scale, pieces }: DrawnPicture, colours: BlockColours): ShownPicture {
  const blocks = pieces.map((piece) => fromBase64(piece.blocks) ?? new Uint8Array(0));
  lastKey += 1;
  return {
    key: lastKey,
    width: scale * width,
    height: scale * height,
    length: pieces.length,
    rowOf: (piece) => scale * (pieces[piece]?.row ?? height),
    read: (piece) => ({ colours, width, scale, blocks: blocks[piece] ?? new Uint8Array(0) }),
  };
}
