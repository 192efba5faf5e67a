/** A picture with what a unit sees in it. */
import { useEffect, useMemo, useRef, useState } from "react";
import { canvasSize, drawPicture, LOOKS, type Look, overlayOf, type Size } from "./pictures.js";

interface PictureProps {
  /** Where the picture is. */
  readonly source: string;
  readonly size: Size;
  readonly look: Look;
  /** 0 to 1. */
  readonly strength: number;
  /** What is to be seen, for those who do not see it. */
  readonly label: string;
  /** uint8 [height, width]: above 127 is in the mask. */
  readonly mask?: Uint8Array | undefined;
  /** uint8 [height, width]: 255 is the highest. */
  readonly heat?: Uint8Array | undefined;
}

export function Picture({ source, size, look, strength, label, mask, heat }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = useLoaded(source);
  const { width, height } = size;
  const overlay = useMemo(() => overlayOf(look, { width, height }, mask, heat), [look, width, height, mask, heat]);
  useEffect(() => {
    if (picture === undefined) return;
    drawPicture(canvas.current!, picture ?? undefined, overlay, strength);
    canvas.current!.dataset.drawn = overlay ? look : LOOKS[3][0];
  }, [picture, overlay, strength, look]);
  return <canvas ref={canvas} {...canvasSize(size)} className="picture" role="img" aria-label={label} />;
}

/** The picture once it is there; null when there is none; undefined until one or the other is known. */
function useLoaded(source: string): HTMLImageElement | null | undefined {
  const [loaded, setLoaded] = useState<{ source: string; image: HTMLImageElement | null }>();
  useEffect(() => {
    let wanted = true;
    const image = new Image();
    image.src = source;
    image.decode().then(
      () => wanted && setLoaded({ source, image }),
      () => wanted && setLoaded({ source, image: null }),
    );
    return () => {
      wanted = false;
    };
  }, [source]);
  return loaded?.source === source ? loaded.image : undefined;
}
