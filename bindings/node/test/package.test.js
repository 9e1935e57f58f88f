'use strict';
/* What the package says of itself is true. */
const { test } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const ironbase = require('..');
const own = require('../package.json');
const lock = require('../package-lock.json');

test('the version is that of the library', () => {
  assert.strictEqual(own.version, ironbase.libraryVersion);
});

test('import gives what require does, and all of it', async () => {
  const imported = await import('../index.mjs');
  assert.deepStrictEqual(Object.keys(imported).sort(), Object.keys(ironbase).sort());
  for (const name of Object.keys(ironbase)) assert.strictEqual(imported[name], ironbase[name]);
});

test('every export and method has a type', () => {
  const types = fs.readFileSync(path.join(__dirname, '../index.d.ts'), 'utf8');
  const classes = [ironbase.Db, ironbase.Collection, ironbase.FindCursor];
  const methods = classes.flatMap((each) => Object.getOwnPropertyNames(each.prototype));
  const names = [...Object.keys(ironbase), ...methods].filter((name) => !name.startsWith('_') && name !== 'constructor' && name !== 'handle');
  for (const name of names) assert.match(types, new RegExp(`\\b${name}\\b`), name);
});

test('two dependencies, and packages from the public registry only', () => {
  assert.deepStrictEqual(Object.keys(own.dependencies), ['bson', 'koffi']);
  assert.strictEqual(own.scripts.install, undefined);
  for (const { resolved } of Object.values(lock.packages)) {
    if (resolved !== undefined) assert.match(resolved, /^https:\/\/registry\.npmjs\.org\//);
  }
});
