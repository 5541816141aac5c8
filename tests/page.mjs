// Looks at a page of `unrace fix --report` in Chromium; tests/page.sh calls it.
// usage: node page.mjs BROWSER PAGE JSON PICTURES
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [browserPath, pagePath, jsonPath, pictures] = process.argv.slice(2);
const { findings } = JSON.parse(readFileSync(jsonPath, "utf8"));
assert.ok(findings.length >= 4, "the sample has findings of several classes");
const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
try {
  for (const [name, width, height] of [["wide", 1280, 900], ["phone", 390, 844]]) {
    const page = await browser.newPage({ viewport: { width, height } });
    const faults = [], requests = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(pagePath).href);
    assert.deepEqual(faults, []);
    assert.equal(requests.length, 1, "the page needs nothing but itself");
    assert.equal(await page.locator("script").count(), 0);
    assert.equal(await page.locator("article").count(), findings.length);
    for (const finding of findings) {
      const article = page.locator(`article[id="${finding.id}"]`);
      assert.ok(await article.isVisible(), finding.id);
      const text = await article.innerText();
      for (const part of [finding.class, finding.path, finding.witness]) assert.ok(text.includes(part), `${finding.id}: ${part}`);
      const picture = article.locator("svg.graph");
      assert.equal(await picture.locator("g").count(), 4, "goal, two jobs, file");
      assert.ok((await picture.boundingBox()).width <= width);
      if (!finding.fixes.some((fix) => fix.applicability !== "manual")) continue;
      const patch = article.locator("table.patch").first();
      assert.ok(!(await patch.isVisible()), "folded at first");
      await article.locator("summary").click();
      assert.ok(await patch.isVisible(), "a click unfolds the patch");
      assert.ok((await patch.locator("td.new:not(.same)").count()) > 0);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${name}: ${overflow} pixels too wide`);
    await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
    await page.close();
  }
  // On paper everything is unfolded.
  const page = await browser.newPage();
  await page.goto(pathToFileURL(pagePath).href);
  await page.emulateMedia({ media: "print" });
  const patch = page.locator("table.patch").first();
  assert.ok((await patch.boundingBox())?.height > 0, "patches print");
  await page.pdf({ path: `${pictures}/page.pdf` });
  console.log(`page.mjs: passed, ${findings.length} findings at two widths and on paper`);
} finally {
  await browser.close();
}
