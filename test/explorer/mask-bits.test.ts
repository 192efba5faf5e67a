import { expect, test } from "vitest";
import { maskShrinker, packMasks } from "../../src/explorer/mask-bits.js";
import { unpack } from "./forged.js";

const mask = (rows: string[]) => Uint8Array.from([...rows.join("")], Number);

test("a pixel of the smaller mask is set when half of what it covers is", () => {
  const shrink = maskShrinker([4, 6], [2, 3]);
  expect(shrink(mask(["110010", "111100", "001100", "000011"]))).toEqual(mask(["110", "011"]));
});

test("pixels are assigned whole where sizes do not divide", () => {
  const shrink = maskShrinker([3, 3], [2, 2]);
  expect(shrink(mask(["111", "101", "111"]))).toEqual(mask(["11", "11"]));
  expect(shrink(mask(["000", "000", "001"]))).toEqual(mask(["00", "01"]));
});

test("a mask that is not empty never becomes so, an empty one stays it", () => {
  const shrink = maskShrinker([8, 8], [2, 2]);
  const thin = new Uint8Array(64);
  thin[3 * 8 + 1] = 1;
  expect(shrink(thin)).toEqual(mask(["10", "00"]));
  expect(shrink(new Uint8Array(64))).toEqual(new Uint8Array(4));
});

test("masks of the same size stay as they are", () => {
  const one = mask(["1001", "0110", "0010", "1111"]);
  expect(maskShrinker([4, 4], [4, 4])(one)).toEqual(one);
});

test("packed masks begin a byte each, lowest bit first", () => {
  const [a, b] = [mask(["100", "010", "001"]), mask(["111", "111", "110"])];
  expect([...unpack(packMasks([a, b]))]).toEqual([0b00010001, 0b1, 0b11111111, 0b0]);
});
