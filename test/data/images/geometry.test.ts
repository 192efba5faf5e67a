import { describe, expect, it } from "vitest";
import { type Fit, fitAxes } from "../../../src/data/images/geometry.js";

const fitted = (from: [number, number], to: [number, number], fit: Fit) => {
  const { x, y } = fitAxes(from, to, fit);
  return { size: [x.resized, y.resized], offset: [x.offset, y.offset] };
};

describe("fitting a picture to the network's size", () => {
  // Sizes and offsets that torchvision 0.14's Resize(224) and CenterCrop(224) use.
  it.each([
    [
      [500, 375],
      [298, 224],
      [37, 0],
    ],
    [
      [375, 500],
      [224, 298],
      [0, 37],
    ],
    [
      [341, 256],
      [298, 224],
      [37, 0],
    ],
    [
      [383, 256],
      [335, 224],
      [56, 0],
    ], // half a pixel to either side: rounds to even
    [
      [387, 256],
      [338, 224],
      [57, 0],
    ],
    [
      [256, 256],
      [224, 224],
      [0, 0],
    ],
    [
      [64, 48],
      [298, 224],
      [37, 0],
    ],
    [
      [224, 224],
      [224, 224],
      [0, 0],
    ],
  ] as const)("crops %s as torchvision does", (from, size, offset) => {
    expect(fitted([...from], [224, 224], "crop")).toEqual({ size, offset });
  });

  it("covers a network that is not square", () => {
    expect(fitted([400, 300], [192, 96], "crop")).toEqual({ size: [192, 144], offset: [0, 24] });
    expect(fitted([900, 300], [192, 96], "crop")).toEqual({ size: [288, 96], offset: [48, 0] });
  });

  it("squashes to the exact size", () => {
    expect(fitted([500, 375], [224, 192], "squash")).toEqual({ size: [224, 192], offset: [0, 0] });
  });

  it("pads what does not reach", () => {
    expect(fitted([400, 200], [100, 100], "pad")).toEqual({ size: [100, 50], offset: [0, -25] });
    expect(fitted([200, 400], [100, 100], "pad")).toEqual({ size: [50, 100], offset: [-25, 0] });
    expect(fitted([10000, 1], [100, 100], "pad").size).toEqual([100, 1]);
  });

  it("refuses a fit it does not know", () => {
    expect(() => fitted([1, 1], [1, 1], "stretch" as Fit)).toThrow(/unknown fit stretch; expected crop, squash, pad/);
  });
});
