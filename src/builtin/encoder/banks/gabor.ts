/** Gabor filters in quadrature (Daugman, 1985): together an even and an odd wave measure contrast whatever its phase. */

/** Directions in which the bars of the filters run, evenly over half a turn; 0 is horizontal. */
export const DIRECTIONS = 6;

export interface GaborPlan {
  /** Side of the window, odd. */
  readonly size: number;
  /** Pixels from bar to bar. */
  readonly wavelength: number;
  /** Standard deviations of the envelope, pixels: across the bars and along them. */
  readonly across: number;
  readonly along: number;
}

/**
 * Even filters of all directions, then odd ones: [2 * directions][y, x]. A grating of the filter's own direction and wavelength
 * with amplitude 1 gives amplitude 1; an even surface gives 0.
 */
export function gabors(plan: GaborPlan): number[][] {
  const waves = [Math.cos, Math.sin];
  return waves.flatMap((wave) =>
    Array.from({ length: DIRECTIONS }, (_, direction) => gabor((Math.PI * direction) / DIRECTIONS, wave, plan)),
  );
}

function gabor(angle: number, wave: (phase: number) => number, { size, wavelength, across, along }: GaborPlan) {
  const middle = (size - 1) / 2;
  const places = Array.from({ length: size ** 2 }, (_, i) => {
    const [x, y] = [(i % size) - middle, Math.floor(i / size) - middle];
    // y points down: bars of direction 45 degrees rise to the right
    const u = x * Math.sin(angle) + y * Math.cos(angle);
    const v = x * Math.cos(angle) - y * Math.sin(angle);
    const envelope = Math.exp(-(u * u) / (2 * across ** 2) - (v * v) / (2 * along ** 2));
    return { wave: wave((2 * Math.PI * u) / wavelength), envelope };
  });
  const total = places.reduce((sum, { envelope }) => sum + envelope, 0);
  const level = places.reduce((sum, place) => sum + place.envelope * place.wave, 0) / total;
  const filter = places.map((place) => place.envelope * (place.wave - level));
  const gain = filter.reduce((sum, value, i) => sum + value * places[i].wave, 0);
  return filter.map((value) => value / gain);
}
