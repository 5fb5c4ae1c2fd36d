// node katex.mjs KATEX FORMULAS.json [SHEET.html]
// KATEX: the folder of the npm package; FORMULAS: {where: latex}. Prints {where: what KaTeX has to say against it};
// SHEET gets all of them as a page to look at.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, source, sheet] = process.argv.slice(2);
const { default: katex } = await import(pathToFileURL(resolve(folder, "dist/katex.mjs")));
const complaints = {}, shown = [];
for (const [where, latex] of Object.entries(JSON.parse(readFileSync(source, "utf-8")))) {
  try {
    shown.push(`<h2>${where}</h2>${katex.renderToString(latex, { displayMode: true, strict: "error" })}`);
  } catch (error) {
    complaints[where] = `${error.message}\n    ${latex}`;
  }
}
if (sheet) {
  const style = `<link rel="stylesheet" href="${pathToFileURL(resolve(folder, "dist/katex.min.css"))}">
<style>
body { columns: 34rem; margin: .5rem } h2 { font: .6rem sans-serif; margin: 0 }
.katex-display { margin: 0 0 .5rem; overflow-x: auto; overflow-y: hidden } .katex { font-size: .8em }
</style>`;
  writeFileSync(sheet, `<!DOCTYPE html><meta charset="utf-8"><title>formulas</title>${style}\n${shown.join("\n")}\n`);
}
console.log(JSON.stringify(complaints));
