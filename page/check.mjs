// Drives the page in a real browser, and compares what it shows with the command line.
//
// node check.mjs ADDRESS POWERCURVE FOLDER-FOR-PICTURES

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import axe from "axe-core";
import { chromium } from "playwright-core";

const [address, powercurve, pictures] = process.argv.slice(2);
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
const problems = [];
const cli = (...args) => execFileSync(powercurve, args, { encoding: "utf8" });
const jsonl = (...args) => cli(...args, "--format", "jsonl").trim().split("\n").map((line) => JSON.parse(line));
const temporary = (name, text) => {
  const path = join(tmpdir(), `powercurve-page-${process.pid}-${name}`);
  writeFileSync(path, text);
  return path;
};

async function open(hash, { width = 1280, height = 900, scheme = "light" } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, acceptDownloads: true });
  const page = await context.newPage();
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`); });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => { if (!request.url().startsWith(address) && !request.url().startsWith("blob:")) problems.push(`request: ${request.url()}`); });
  await page.goto(address + hash);
  await page.waitForSelector("[data-ready]");
  await settle(page);
  return page;
}

/** Waits for the next frame and the one after it: the page draws once a frame. */
const settle = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** What the page shows, as text. */
const shown = (page) => page.evaluate(() => ({
  pattern: document.querySelector("#verdict [data-value=pattern]").textContent,
  confidence: document.querySelector("#verdict [data-value=confidence]").textContent.replace("\u00a0", " "),
  reasons: [...document.querySelectorAll("#verdict .reasons li")].map((li) => li.textContent),
  picks: Object.fromEntries([...document.querySelectorAll("[data-pick]")].map((li) => [li.dataset.pick, li.querySelector("strong").textContent])),
  rows: [...document.querySelectorAll("#table tbody tr")].map((tr) => [...tr.children].map((td) => td.textContent)),
}));

/** Saves the workload that the page has, as its reader would. */
async function workloadFile(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save-toml")]);
  return temporary("workload.toml", readFileSync(await download.path(), "utf8"));
}

/** Compares the page with `simulate`, `classify` and `recommend` on the same workload. */
async function agrees(page, ...flags) {
  const file = await workloadFile(page);
  const seen = await shown(page);
  const table = cli("simulate", file, ...flags).split("\n").map((line) => line.trim().split(/\s{2,}/)).filter((cells) => /^\d+ MB$/.test(cells[0] ?? ""));
  // sizes that fail are warnings on the command line, rows without a cost on the page
  assert.deepEqual(seen.rows.filter((r) => r[2] !== ""), table, "the table");
  const run = temporary("run.jsonl", cli("simulate", file, ...flags, "--format", "jsonl"));
  const [reading] = jsonl("classify", run);
  assert.equal(seen.pattern, reading.pattern);
  assert.equal(seen.confidence, `${Math.round(100 * reading.confidence)} %`);
  assert.deepEqual(seen.reasons.filter((r) => !reading.warnings.includes(r)), reading.reasons.filter((r) => !r.startsWith(`${reading.pattern} means`)), "the reasons");
  for (const strategy of ["cost", "speed", "balanced"]) {
    const [choice] = jsonl("recommend", run, "--strategy", strategy);
    assert.equal(seen.picks[strategy], `${choice.memory_mb} MB`, strategy);
  }
}

/** Accessibility: no violation that axe knows of. */
async function accessible(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  for (const v of violations) problems.push(`${name}: ${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
  await written(page, name);
}

/** No value of the code stands where there should be words or nothing. */
async function written(page, name) {
  const words = await page.evaluate(() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) if (/^(true|false|null|undefined|NaN|\[object .*)$/.test(texts.currentNode.data.trim())) found.push(texts.currentNode.data);
    return found;
  });
  assert.deepEqual(words, [], `${name}: the text`);
}

async function step(name, run) {
  await run();
  assert.deepEqual(problems, [], name);
  console.log(`ok  ${name}`);
}

await step("every preset agrees with the command line", async () => {
  const page = await open("");
  for (const preset of await page.$$eval("#preset option", (options) => options.map((o) => o.value))) {
    await page.selectOption("#preset", preset);
    await settle(page);
    const played = await page.isChecked("#sample");
    await agrees(page, ...(played ? [] : ["--exact"]));
  }
});

await step("a slider moves the curve", async () => {
  const page = await open("#preset=prime-numbers");
  const before = await shown(page);
  await page.focus("#c-cpu-work_ms");
  for (let i = 0; i < 25; i += 1) await page.keyboard.press("ArrowLeft");
  await settle(page);
  assert.notDeepEqual((await shown(page)).rows, before.rows);
  await agrees(page, "--exact");
  const [first, frame] = await page.evaluate(() => {
    const slider = document.getElementById("c-cpu-work_ms");
    const frames = [];
    return new Promise((done) => {
      const move = (left) => {
        slider.value = String(100 + left);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        // the page has asked for this frame before, so it has drawn by now
        requestAnimationFrame((begin) => {
          frames.push(performance.now() - begin);
          if (left > 0) move(left - 1);
          else done([performance.getEntriesByName("ready")[0].startTime, frames.sort((a, b) => a - b)[Math.floor(frames.length / 2)]]);
        });
      };
      move(60);
    });
  });
  console.log(`    ${first.toFixed(0)} ms to the first curve, ${frame.toFixed(1)} ms a frame while a slider moves (median)`);
  // the address follows when the slider rests
  const resting = await page.inputValue("[aria-label='On one thread in ms']");
  await page.waitForFunction((work) => location.hash.includes(`cpu.work_ms=${work}`), resting);
  const again = await open(new URL(page.url()).hash);
  assert.deepEqual((await shown(again)).rows, (await shown(page)).rows, "the link leads to the same curve");
});

await step("a strange address does no harm", async () => {
  const page = await open("#__proto__.x=1&constructor.prototype.y=2&cpu.work_ms=abc&sizes=toString&w=%25&billing=7&levers=juggle&run=x");
  assert.ok((await page.textContent("#message")).length > 0, "what is wrong is said");
  assert.deepEqual(await page.evaluate(() => [({}).x, ({}).y]), [undefined, undefined]);
  await page.click("#reset");
  await settle(page);
  await agrees(page, "--exact");
});

await step("what cannot be computed is said beside results that are marked as old", async () => {
  for (const [width, height] of [[1280, 900], [390, 844]]) {
    const page = await open("#preset=prime-numbers", { width, height });
    await page.evaluate(() => { document.getElementById("group-memory").open = true; });
    await page.fill("[aria-label='Memory used in MB']", "3050");
    await settle(page);
    const message = page.locator("#message");
    assert.match(await message.textContent(), /needs 3050 MB.\nThe curve and all results are those before this change/);
    assert.doesNotMatch(await message.textContent(), /help:|--/);
    const box = await message.boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= height, "the message is in view");
    const field = await page.locator("[aria-label='Memory used in MB']").boundingBox();
    assert.ok(field.y + field.height <= box.y, "the message leaves the field in view");
    assert.ok(await page.evaluate(() => Number(getComputedStyle(document.getElementById("picks")).opacity) < 0.5), "old results are pale");
    await page.fill("[aria-label='Memory used in MB']", "300");
    await settle(page);
    assert.ok(await message.isHidden());
    assert.equal(await page.evaluate(() => getComputedStyle(document.getElementById("picks")).opacity), "1");
  }
});

await step("a lever that changes nothing leaves the others", async () => {
  const page = await open("#preset=dynamodb-three-queries&call.0.keep_alive=false&levers=keep-alive,range-get");
  assert.match(await page.textContent("#message"), /^The lever range-get is left out: .*nothing is transferred/);
  assert.ok(await page.isChecked("#lever-keep-alive"));
  await page.setViewportSize({ width: 900, height: 900 });
  await settle(page);
  assert.ok(await page.isVisible("#message"), "the message stays");
  await page.check("#lever-arm64");
  await settle(page);
  assert.ok(await page.isHidden("#message"));
});

await step("a typed number is the one computed with", async () => {
  const page = await open("#preset=matrix-inversion&cpu.threads=4");
  const field = page.locator("[aria-label='Threads']");
  await field.fill("2.6");
  await field.blur();
  assert.equal(await field.inputValue(), "3");
  assert.equal(await page.getAttribute("#c-cpu-threads", "aria-valuetext"), "3");
  // the first call adds controls while it is typed
  await page.evaluate(() => { document.getElementById("group-call").open = true; });
  await page.focus("[aria-label='Latency of a call in ms']");
  await page.keyboard.press("Control+A");
  for (const digit of "250") {
    await page.keyboard.type(digit);
    await settle(page);
  }
  assert.equal(await page.inputValue("[aria-label='Latency of a call in ms']"), "250");
});

await step("zero has a place on every scale", async () => {
  const page = await open("#price=0&log=1");
  await page.close();
});

await step("a played run shows its spread", async () => {
  const page = await open("#preset=small-database&sample=1");
  assert.match(await page.textContent("#legend"), /one standard deviation/);
  const [top, whiskers] = await page.evaluate(() => [document.querySelector(".duration line.core").getBBox().y,
    [...document.querySelectorAll(".whisker")].map((line) => line.getBBox().y)]);
  assert.ok(whiskers.length > 0 && whiskers.every((y) => y >= top), `${whiskers} below ${top}`);
});

await step("a long name stays inside the page", async () => {
  const record = { id: "a-function-with-a-long-name-".repeat(6), memory_mb: [128, 512, 1024, 3008], duration_ms: [8100, 2020, 1010, 560] };
  const page = await open("", { width: 390 });
  await page.click("#run-panel summary");
  await page.fill("#paste", JSON.stringify(record));
  await page.click("#paste-show");
  await settle(page);
  assert.ok(!(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)), "it scrolls sideways");
});

await step("a power-tuning run is played as on the command line", async () => {
  const page = await open("#preset=dynamodb-three-queries&sample=1&seed=7&invocations=20&parallel=1&billing=100ms&arch=arm64");
  await agrees(page, "--seed", "7", "--invocations", "20", "--parallel", "--billing", "100ms");
});

await step("a lever has a before and an after", async () => {
  const page = await open("#preset=dynamodb-three-queries&call.0.keep_alive=false");
  await page.click("#levers-panel summary");
  await page.check("#lever-keep-alive");
  await settle(page);
  const cells = await page.$$eval("#effect tbody tr", (rows) => rows.map((r) => [...r.children].map((c) => c.textContent)));
  const base = await open("#preset=dynamodb-three-queries&call.0.keep_alive=false");
  const effects = jsonl("whatif", await workloadFile(base), "--lever", "keep-alive");
  const table = cli("whatif", await workloadFile(base), "--lever", "keep-alive").split("\n").filter((line) => / MB /.test(line));
  assert.equal(cells.length, effects.length);
  for (const [i, row] of cells.entries()) {
    assert.equal(row[0], `${effects[i].memory_mb} MB`);
    for (const cell of [row[1], row[2], row[4], row[5]]) assert.ok(table[i].includes(cell), `${cell} in ${table[i]}`);
  }
  assert.equal(await page.evaluate(() => document.activeElement.id), "lever-keep-alive", "the focus stays");
  await page.fill("#events", "30000000");
  await settle(page);
  const [month] = jsonl("whatif", await workloadFile(base), "--lever", "keep-alive", "--invocations-per-month", "30e6");
  assert.equal(await page.textContent("#effect tbody td:last-child"), `$${month.after.usd_per_month.toFixed(2)}`);
  await page.uncheck("#lever-keep-alive");
  await settle(page);
  assert.equal(await page.$("#effect"), null);
});

await step("a visualization URL is pasted, read and fitted", async () => {
  const url = cli("simulate", "prime-numbers", "--seed", "3", "--format", "url").trim();
  const page = await open("");
  await page.click("#run-panel summary");
  await page.fill("#paste", url);
  await page.click("#paste-show");
  await settle(page);
  const [reading] = jsonl("classify", url);
  assert.equal(await page.textContent("#run-verdict [data-value=pattern]"), reading.pattern);
  assert.equal((await page.$$(".duration rect.recorded")).length, Object.keys(reading).length > 0 ? 6 : 0);
  await page.waitForFunction(() => location.hash.includes("run="));
  await page.click("#use-fit");
  await settle(page);
  await agrees(page, "--exact");
  await page.fill("#paste", "this is no run");
  await page.click("#paste-show");
  assert.match(await page.textContent("#run [role=alert]"), /\w+/);
});

await step("a file is dropped on the page", async () => {
  const page = await open("");
  const file = new URL("../datasets/examples/lpt-output.json", import.meta.url).pathname;
  await page.evaluate((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "lpt-output.json", { type: "application/json" }));
    document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
  }, readFileSync(file, "utf8"));
  await page.waitForSelector("#run-verdict");
  const [reading] = jsonl("classify", file);
  assert.equal(await page.textContent("#run-verdict [data-value=pattern]"), reading.pattern);
  assert.equal((await page.$$(".duration rect.recorded")).length, jsonl("fit", file)[0].memory_mb.length);
});

await step("the quiz marks as the terminal does", async () => {
  const page = await open("#view=quiz&quiz=7");
  let answers = [];
  for (let i = 0; i < 3; i += 1) {
    const sizes = await page.$$eval("input[name=size]", (all) => all.map((input) => input.value));
    const [pattern, mb] = [["cpu-bound", "network-bound-sdk", "no-op"][i], sizes[i + 1]];
    answers = [...answers, `${pattern}=${mb}`];
    await page.check(`input[name=guess][value=${pattern}]`);
    await page.check(`input[name=size][value="${mb}"]`, { force: true });
    if (i === 1) await page.evaluate(() => { document.getElementById("quiz-hint").textContent = "Choose a pattern and a size."; });
    await page.click("#submit-answer");
    assert.equal(await page.textContent("#quiz-hint"), "");
    await written(page, `answer ${i}`);
    const score = cli("quiz", "--seed", "7", "--answers", answers.join(",")).trim().split("\n").at(-1);
    assert.equal(`${await page.textContent("#score")} points`, score);
    if (i === 0) await accessible(page, "quiz, answered");
    await page.click("#next-question");
  }
});

await step("files are saved", async () => {
  const page = await open("#preset=thumbnail");
  for (const [button, start] of [["#save-svg", "<svg "], ["#save-png", "\x89PNG"]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
    assert.ok(readFileSync(await download.path(), "latin1").startsWith(start), button);
  }
});

await step("nothing for axe to complain about", async () => {
  for (const scheme of ["light", "dark"]) {
    for (const hash of ["#preset=small-database&sample=1", "#preset=thumbnail&levers=arm64", "#view=quiz"]) {
      const page = await open(hash, { scheme, width: scheme === "dark" ? 390 : 1280 });
      await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
      await settle(page);
      await accessible(page, `${hash} ${scheme}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.ok(!wide, `${hash} ${scheme} scrolls sideways`);
    }
  }
});

await step("a report stands alone", async () => {
  const nasty = "</title><script>document.title='run'</script><img src=x onerror=alert(1)>";
  const record = { id: nasty, memory_mb: [128, 512, 1024, 3008], duration_ms: [8100, 2020, 1010, 560] };
  const runs = temporary("nasty.jsonl", `${JSON.stringify(record)}\n${JSON.stringify({ ...record, id: "second" })}\n`);
  const file = temporary("report.html", "");
  cli("report", runs, "-o", file, "--title", nasty);
  for (const [scheme, width] of [["light", 1280], ["dark", 390]]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
    const page = await context.newPage();
    page.on("console", (message) => problems.push(`console: ${message.text()}`));
    page.on("request", (request) => { if (request.url() !== `file://${file}`) problems.push(`request: ${request.url()}`); });
    await page.goto(`file://${file}`);
    assert.equal(await page.title(), nasty);
    assert.equal(await page.textContent("#run-1 h2"), nasty);
    assert.equal((await page.$$("script, img")).length, 0);
    const [reading] = jsonl("classify", runs);
    assert.equal(await page.textContent("#run-1 .verdict strong"), reading.pattern);
    assert.deepEqual(await page.$$eval("#run-1 .reasons li", (all) => all.map((li) => li.textContent)), reading.reasons);
    const picked = ["cost", "balanced", "speed"].map((s) => `${jsonl("recommend", runs, "--strategy", s)[0].memory_mb} MB`);
    assert.deepEqual(await page.$$eval("#run-1 .choices tr td:nth-child(2)", (all) => all.map((td) => td.textContent)), picked);
    assert.ok(!(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)), `${scheme} scrolls sideways`);
    const cut = () => page.$$eval(".wide", (all) => all.filter((wide) => wide.scrollWidth > wide.clientWidth).map((wide) => wide.textContent.slice(0, 40)));
    assert.ok(await page.$$eval(".levers .wide", (all) => all.every((wide) => wide.scrollWidth <= wide.clientWidth)), `${scheme}: levers scroll`);
    await page.click("header a[href='#run-2']");
    await accessible(page, `report ${scheme}`);
    // the text area of a sheet of A4
    await page.setViewportSize({ width: 680, height: 950 });
    await page.emulateMedia({ media: "print" });
    assert.deepEqual(await cut(), [], "nothing is cut off on paper");
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)", "paper is light");
  }
});

await step("pictures for the README", async () => {
  mkdirSync(pictures, { recursive: true });
  const picture = async (name, hash, options) => {
    const page = await open(hash, options);
    await page.screenshot({ path: join(pictures, `${name}.png`) });
  };
  await picture("page", "#preset=dynamodb-three-queries&call.0.keep_alive=false&levers=keep-alive", { width: 1200, height: 860 });
  await picture("page-dark", "#preset=prime-numbers&sample=1&seed=1", { width: 1200, height: 860, scheme: "dark" });
  await picture("page-phone", "#preset=s3-download-threads", { width: 390, height: 844 });
  await picture("page-quiz", "#view=quiz&q=1", { width: 1200, height: 760 });
  const file = temporary("example.html", "");
  cli("report", new URL("../datasets/examples/lpt-output.json", import.meta.url).pathname, "-o", file);
  const page = await (await browser.newContext({ viewport: { width: 1200, height: 1240 } })).newPage();
  await page.goto(`file://${file}`);
  await page.screenshot({ path: join(pictures, "report.png") });
});

await browser.close();
