/** What is chosen on a page and is part of its address: it follows at once here, and in the address when it rests (browsers refuse more). */
import { useEffect, useRef, useState } from "react";
import { addressOf, currentPlace, go, usePlace } from "../shared/router.js";

const REST_MS = 250;

/** @param usual is not written into the address. */
export function useAddressed(name: string, usual: string): [value: string, set: (value: string) => void] {
  const said = usePlace().query[name] ?? usual;
  const [value, setValue] = useState(said);
  const written = useRef(said);
  useEffect(() => {
    if (said === written.current) return;
    written.current = said;
    setValue(said);
  }, [said]);
  useEffect(() => {
    if (value === written.current) return;
    const timer = setTimeout(() => {
      written.current = value;
      const { path, query } = currentPlace();
      go(addressOf(path, { ...query, [name]: value === usual ? "" : value }), { replace: true });
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [name, value, usual]);
  return [value, setValue];
}
