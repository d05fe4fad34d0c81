import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import type { RunPictures } from "../../src/pager/screen/runs.ts";
import type { Faces } from "../lettering.ts";
import type { Sheet } from "./face-pictures.ts";
import { Rasteriser } from "./rasteriser.ts";

/**
 * Paints draw lists on a canvas. The pixels are those of a board. Each is a square of whole pixels of the canvas, so that
 * it stays a square where the page shows the canvas larger.
 */
export class CanvasPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #rasteriser: Rasteriser;
  readonly #image: ImageData;
  /** Holds the picture in its own size. */
  readonly #small: OffscreenCanvas;

  constructor(canvas: HTMLCanvasElement, size: Size, faces: Faces<Sheet>) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser has no canvas to draw on");
    this.#canvas = canvas;
    this.#context = context;
    this.#rasteriser = new Rasteriser(size, faces);
    this.#image = new ImageData(size.width, size.height);
    this.#small = new OffscreenCanvas(size.width, size.height);
  }

  /** The pictures of what no face holds. */
  set pictures(pictures: RunPictures) {
    this.#rasteriser.pictures = pictures;
  }

  paint(drawList: DrawList): void {
    this.#rasteriser.paint(drawList);
    this.#rasteriser.copyTo(this.#image.data);
    this.#small.getContext("2d")?.putImageData(this.#image, 0, 0);
    this.#show();
  }

  /** Shows the last picture again, after the zoom or the pixel density has changed. */
  repaint(): void {
    if (this.#canvas.width !== this.#image.width * this.#scale) this.#show();
  }

  /** Twice the density: the page rarely shows a pixel as a whole number of pixels of the device. */
  get #scale(): number {
    return 2 * Math.max(1, Math.round(window.devicePixelRatio || 1));
  }

  #show(): void {
    const { width, height } = this.#image;
    const scale = this.#scale;
    // It empties the canvas.
    this.#canvas.width = width * scale;
    this.#canvas.height = height * scale;
    this.#context.imageSmoothingEnabled = false;
    this.#context.drawImage(this.#small, 0, 0, width * scale, height * scale);
  }
}
