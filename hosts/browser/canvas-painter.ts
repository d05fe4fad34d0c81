import type { Bitmap, DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import { FONTS, type Font } from "../../src/pager/screen/fonts.ts";
import type { MeasureText } from "../../src/seams.ts";

const FACE = 'system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif';

/** Paints draw lists on a canvas, in the pixels of the screen. So the text is sharp at every zoom. */
export class CanvasPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #size: Size;
  #drawList: DrawList = [];
  #scale = 0;

  constructor(canvas: HTMLCanvasElement, size: Size) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser has no canvas to draw on");
    this.#canvas = canvas;
    this.#context = context;
    this.#size = size;
  }

  readonly measureText: MeasureText = (font, text) => {
    this.#setFace(font);
    return this.#context.measureText(text).width;
  };

  paint(drawList: DrawList): void {
    this.#drawList = drawList;
    this.#scaleToDevice();
    const context = this.#context;
    const { width, height } = this.#size;
    context.save();
    for (const command of drawList) {
      switch (command.kind) {
        case "fill":
          context.fillStyle = colorOf(command.color);
          context.fillRect(command.x, command.y, command.width, command.height);
          break;
        case "text":
          this.#paintText(command.x, command.y, command.font, command.color, command.text);
          break;
        case "bitmap":
          this.#paintBitmap(command);
          break;
        case "clip": {
          context.restore();
          context.save();
          const isWhole = command.width >= width && command.height >= height;
          if (isWhole) break;
          context.beginPath();
          context.rect(command.x, command.y, command.width, command.height);
          context.clip();
          break;
        }
      }
    }
    context.restore();
  }

  /** Paints the last draw list again, after the zoom or the pixel density has changed. */
  repaint(): void {
    if (this.#scale !== deviceScale()) this.paint(this.#drawList);
  }

  #scaleToDevice(): void {
    const scale = deviceScale();
    if (scale !== this.#scale) {
      this.#scale = scale;
      this.#canvas.width = Math.round(this.#size.width * scale);
      this.#canvas.height = Math.round(this.#size.height * scale);
    }
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
  }

  /** The width of a line is the sum of the widths of its characters. The layout relies on that. */
  #setFace(font: Font): void {
    this.#context.font = `${FONTS[font].sizePixels}px ${FACE}`;
    this.#context.fontKerning = "none";
    this.#context.textRendering = "optimizeSpeed";
  }

  #paintText(x: number, y: number, font: Font, color: number, text: string): void {
    const context = this.#context;
    const { sizePixels, lineHeight } = FONTS[font];
    this.#setFace(font);
    context.fillStyle = colorOf(color);
    context.textBaseline = "alphabetic";
    // Four fifths of the size above the baseline, one below, the rest of the line shared: as most faces have it.
    context.fillText(text, x, y + (lineHeight - sizePixels) / 2 + sizePixels * 0.8);
  }

  /** Fills whole pixels of the device, so that none is half covered at a zoom that is no whole number. */
  #paintBitmap({ x, y, width, height, color, bits }: Bitmap): void {
    const context = this.#context;
    const rowBytes = Math.ceil(width / 8);
    const edge = (position: number) => Math.round(position * this.#scale);
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = colorOf(color);
    for (let row = 0; row < height; row += 1) {
      const top = edge(y + row);
      for (let column = 0; column < width; column += 1) {
        const byte = bits[row * rowBytes + (column >> 3)] ?? 0;
        if (!(byte & (0x80 >> (column & 7)))) continue;
        const left = edge(x + column);
        context.fillRect(left, top, edge(x + column + 1) - left, edge(y + row + 1) - top);
      }
    }
    context.restore();
  }
}

function deviceScale(): number {
  return Math.max(1, window.devicePixelRatio || 1);
}

function colorOf(color: number): string {
  return `#${color.toString(16).padStart(6, "0")}`;
}
