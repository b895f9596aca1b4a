// Builds the widget: dist/widget.js, the loader that pages name, and dist/body-HASH.js, which it loads. Everything together must
// stay within 30 KiB gzipped.
import { createHash } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const most = 30 * 1024;
const folder = new URL("dist/", import.meta.url).pathname;
for (const name of readdirSync(folder)) if (name !== ".gitkeep") rmSync(join(folder, name));

async function bundle(entry, define = {}) {
  const result = await build({
    entryPoints: [new URL(`src/${entry}`, import.meta.url).pathname],
    bundle: true, minify: true, write: false, format: "iife", target: ["es2020"], legalComments: "none", charset: "utf8",
    jsx: "automatic", jsxImportSource: "preact", define,
  });
  return Buffer.from(result.outputFiles[0].contents);
}

const body = await bundle("main.tsx");
const name = `body-${createHash("sha256").update(body).digest("hex").slice(0, 16)}.js`;
const loader = await bundle("loader.ts", { BODY: JSON.stringify(name) });
const size = gzipSync(body, { level: 9 }).length + gzipSync(loader, { level: 9 }).length;
writeFileSync(join(folder, name), body);
writeFileSync(join(folder, "widget.js"), loader);
console.log(`widget: ${size} bytes gzipped, of ${most}`);
if (size > most) {
  console.error("widget: it has become too large");
  process.exit(1);
}
