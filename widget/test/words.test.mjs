// Unit tests of what needs no browser: every language has every word, and colours stay readable.
import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";

async function load(entry) {
  const out = await build({ entryPoints: [new URL(`../src/${entry}`, import.meta.url).pathname], bundle: true, write: false, format: "esm", jsx: "automatic", jsxImportSource: "preact" });
  return import(`data:text/javascript,${encodeURIComponent(out.outputFiles[0].text)}`);
}

test("every language has every word", async () => {
  const { wordsOf } = await load("words.ts");
  const en = wordsOf("en");
  for (const language of ["de", "fr", "es", "it", "nl", "pt", "ja"]) {
    const words = wordsOf(language);
    for (const name of Object.keys(en)) {
      assert.ok(words[name], `${language}: ${name}`);
      assert.equal(words[name].includes("{0}"), en[name].includes("{0}"), `${language}: ${name}`);
    }
    assert.ok(Object.keys(en).filter((n) => words[n] !== en[n]).length > 30, `${language} is English`);
  }
});

test("the visitor's own language is spoken", async () => {
  const { languageOf } = await load("words.ts");
  assert.equal(languageOf("auto", ["sv-SE", "de-AT", "en"]), "de");
  assert.equal(languageOf("auto", ["sv"]), "en");
  assert.equal(languageOf("ja", ["de"]), "ja");
});

test("every accent can be read", async () => {
  const { contrast, readable, textOn } = await load("colour.ts");
  for (let n = 0; n < 0x1000000; n += 0x10f1f) {
    const color = `#${n.toString(16).padStart(6, "0")}`;
    assert.ok(contrast(color, textOn(color)) >= 4.5, color);
    for (const background of ["#ffffff", "#16191f"]) assert.ok(contrast(readable(color, background, 4.5), background) >= 4.5, color);
  }
});
