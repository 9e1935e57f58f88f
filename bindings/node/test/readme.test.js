'use strict';
/* The lines that README.md begins with work. */
const { test } = require('node:test');
const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

test('the first lines of README.md', (t) => {
  const root = path.join(__dirname, '..');
  const [, program] = /```js\n([^]*?)```/.exec(fs.readFileSync(path.join(root, 'README.md'), 'utf8'));
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ironbase-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  fs.mkdirSync(path.join(directory, 'node_modules'));
  fs.symlinkSync(root, path.join(directory, 'node_modules/ironbase'));
  fs.writeFileSync(path.join(directory, 'first.mjs'), program);
  assert.strictEqual(execFileSync(process.execPath, ['first.mjs'], { cwd: directory, encoding: 'utf8' }), 'Ada\n');
});
