'use strict';
/*
 * A panic inside the engine is an error like others. The library with fail points, which IRONBASE_FAILPOINTS names, is for tests; the
 * one that is shipped must not know of them.
 */
const { test } = require('node:test');
const assert = require('node:assert');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { openSync } = require('..');

const ARM = { configureFailPoint: 'panicWhileReading', mode: { times: 1 } };

test('the library that is shipped has no fail points', (t) => {
  const db = openSync(':memory:');
  t.after(() => db.closeSync());
  assert.throws(() => db.commandSync(ARM), { code: 59, codeName: 'CommandNotFound' });
});

/** Runs in a process that has the library with fail points. */
async function program() {
  const { IronBaseServerError, open } = require('ironbase');
  const { liveHandles } = require('ironbase/lib/ffi');
  const internal = (error) => {
    assert.ok(error instanceof IronBaseServerError);
    assert.deepStrictEqual([error.status, error.code, error.codeName], ['IRONBASE_ERROR_INTERNAL', 1, 'InternalError']);
    assert.match(error.message, /^a bug in IronBase: failpoint/);
    return true;
  };
  let db = await open('panic.mlite');
  let c = db.collection('c');
  const arm = (point) => db.commandSync({ configureFailPoint: point, mode: { times: 1 } });
  await c.insertMany(Array.from({ length: 10 }, (_, i) => ({ _id: i })));
  await c.createIndex({ n: 1 });
  const reads = [
    () => c.findOne({ _id: 1 }),
    async () => c.findOneSync({ _id: 1 }),
    () => c.find().toArray(),
    () => c.countDocuments({ n: 1 }, { signal: new AbortController().signal, onProgress() {} }),
    async () => c.countDocumentsSync({ n: 1 }, { onProgress() {} }),
  ];
  for (const read of reads) {
    arm('panicWhileReading');
    await assert.rejects(read, internal, String(read));
    await read();
  }
  for (const write of [() => c.insertOne({ _id: 11 }), async () => c.updateOneSync({ _id: 1 }, { $set: { n: 5 } })]) {
    arm('panicWhileWriting');
    await assert.rejects(write, internal);
    assert.strictEqual(await c.countDocuments(), 10);
    await assert.rejects(c.insertOne({ _id: 12 }));
    await db.close().catch(() => {});
    db = await open('panic.mlite');
    c = db.collection('c');
    assert.strictEqual((await db.verify()).valid, true);
    assert.strictEqual(await c.countDocuments({ n: 5 }), 0);
  }
  await db.close();
  db = c = null;
  for (let i = 0; i < 100 && liveHandles() > 0; i++) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  console.log(`live handles: ${liveHandles()}`);
}

test('a panic of the engine is an error', { skip: process.env.IRONBASE_FAILPOINTS ? false : 'IRONBASE_FAILPOINTS names no library' }, async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ironbase-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const root = JSON.stringify(path.join(__dirname, '..'));
  const code = `
    const assert = require('node:assert');
    const own = require;
    (${program.toString().replaceAll("require('ironbase", `own(${root} + '`)})();`;
  const env = { ...process.env, IRONBASE_LIBRARY: process.env.IRONBASE_FAILPOINTS };
  const printed = await new Promise((resolve, reject) => {
    execFile(process.execPath, ['--expose-gc', '-e', code], { cwd: directory, env, timeout: 60000 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve(stdout),
    );
  });
  assert.match(printed, /^live handles: 0$/m);
});
