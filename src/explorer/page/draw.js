/** Drawing exemplars: a picture under its mask, as the paper shows them, or with the mask outlined. */
import { facts, masksOf, picture } from "./data.js";

export const LOOKS = [
  ["masked", "Masked"],
  ["outlined", "Outlined"],
  ["whole", "Whole"],
];

const OUTSIDE_ALPHA = 205; // of 255: what lies outside is a hint, not gone
const [WIDTH, HEIGHT] = [facts.width, facts.height];

/** Draws exemplars of a unit side by side, as soon as they are ready and if the canvas is still on the page. */
export async function drawStrip(canvas, unit, { first = 0, count = 1, gap = 0, look }) {
  const masks = await masksOf(unit);
  const pictures = await Promise.all(unit.images.slice(first, first + count).map(picture));
  if (!canvas.isConnected) return;
  const scale = devicePixelRatio;
  canvas.width = Math.round(canvas.clientWidth * scale);
  canvas.height = Math.round(canvas.clientHeight * scale);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "medium";
  const width = (canvas.width - (count - 1) * gap * scale) / count;
  pictures.forEach((image, i) => {
    drawExemplar(context, image, masks[first + i], i * (width + gap * scale), width, canvas.height, look);
  });
}

function drawExemplar(context, image, mask, x, width, height, look) {
  context.drawImage(image, x, 0, width, height);
  if (look === "masked") context.drawImage(shade(mask), x, 0, width, height);
  if (look === "outlined") outline(context, mask, x, width / WIDTH, height / HEIGHT);
}

const shadeCanvas = new OffscreenCanvas(WIDTH, HEIGHT);
const shadeContext = shadeCanvas.getContext("2d");

/** Darkness wherever the mask is not. Valid until the next one. */
function shade(mask) {
  const dark = new ImageData(WIDTH, HEIGHT);
  for (let i = 0; i < mask.length; i++) if (!mask[i]) dark.data[4 * i + 3] = OUTSIDE_ALPHA;
  shadeContext.putImageData(dark, 0, 0);
  return shadeCanvas;
}

/** A line between what is in the mask and what is not, as sharp as the screen. */
function outline(context, mask, x0, scaleX, scaleY) {
  const isIn = (x, y) => x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT && mask[y * WIDTH + x] === 1;
  const path = new Path2D();
  const edge = (fromX, fromY, toX, toY) => {
    path.moveTo(x0 + fromX * scaleX, fromY * scaleY);
    path.lineTo(x0 + toX * scaleX, toY * scaleY);
  };
  for (let y = 0; y <= HEIGHT; y++) {
    for (let x = 0; x <= WIDTH; x++) {
      if (isIn(x, y) !== isIn(x - 1, y)) edge(x, y, x, y + 1);
      if (isIn(x, y) !== isIn(x, y - 1)) edge(x, y, x + 1, y);
    }
  }
  context.lineCap = "round";
  for (const [colour, width] of [
    ["rgb(0 0 0 / 60%)", 2.4],
    ["#ffe04a", 1.2],
  ]) {
    context.strokeStyle = colour;
    context.lineWidth = width * devicePixelRatio * Math.min(1.3, Math.max(0.8, scaleX));
    context.stroke(path);
  }
}
