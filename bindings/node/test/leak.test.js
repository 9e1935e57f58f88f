'use strict';
/* Memory: 100,000 calls of each kind leave nothing behind, nor do handles that were forgotten. */
const { test } = require('node:test');
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const path = require('node:path');

test('no growth over 100,000 calls', { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', path.join(__dirname, 'leak.js')], {
    encoding: 'utf8',
  });
  assert.strictEqual(status, 0, `${stdout}${stderr}`);
});
