// Colours that can be read whatever accent is set (WCAG 2.2, 1.4.3 and 1.4.11).

type RGB = [number, number, number];

function parse(hex: string): RGB {
  const n = Number.parseInt(/^#[0-9a-f]{6}$/i.test(hex) ? hex.slice(1) : "4f46e5", 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

function luminance(c: RGB): number {
  const [r, g, b] = c.map((v) => {
    const s = v / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  }) as RGB;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(parse(a)), luminance(parse(b))];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** Black or white, whichever is easier to read on the colour: one of them always has a contrast of at least 4.5. */
export function textOn(color: string): string {
  return contrast(color, "#ffffff") >= 4.5 ? "#ffffff" : "#000000";
}

/** The colour, moved towards black or white until it has the contrast on the background. */
export function readable(color: string, background: string, least: number): string {
  const towards = luminance(parse(background)) > 0.18 ? 0 : 255;
  let c = parse(color);
  for (let i = 0; i < 40; i++) {
    const hex = "#" + c.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("");
    if (contrast(hex, background) >= least) return hex;
    c = c.map((v) => v + (towards - v) * 0.1) as RGB;
  }
  return towards ? "#ffffff" : "#000000";
}
