'use strict';
/* Memory: 100,000 calls of each kind leave nothing behind, nor do handles that were forgotten. */
const { test } = require('node:test');
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const path = require('node:path');

test('no growth over 100,000 calls', { timeout: 120_000 }, () => {
  // A small space for young objects: newer versions of Node let it grow for long, which looks like a leak.
  const args = ['--expose-gc', '--max-semi-space-size=2', path.join(__dirname, 'leak.js')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.strictEqual(status, 0, `${stdout}${stderr}`);
});
