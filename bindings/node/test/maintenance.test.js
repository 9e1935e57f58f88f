'use strict';
/* Compacting, verifying, salvaging; progress and signals of long calls; the log. */
const { test } = require('node:test');
const assert = require('node:assert');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
const ironbase = require('..');

const { open, openSync, restore, restoreSync, salvage, salvageSync, setLogger, verify, verifySync } = ironbase;

/** A database on disk with `count` documents, in a directory that is removed after the test. */
async function onDisk(t, count) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ironbase-'));
  const location = path.join(directory, 'kept.mlite');
  const db = await open(location);
  t.after(async () => {
    await db.close();
    fs.rmSync(directory, { recursive: true });
  });
  const c = db.collection('c');
  const text = 'x'.repeat(200);
  await c.insertMany(Array.from({ length: count }, (_, i) => ({ _id: i, text })));
  return { db, c, directory, location };
}

/** Changes a byte in the middle of a file. */
function damage(file) {
  const contents = fs.readFileSync(file);
  contents[(contents.length >> 1) + 100] ^= 0xff;
  fs.writeFileSync(file, contents);
}

test('compact gives space back', async (t) => {
  const { db, c } = await onDisk(t, 20000);
  await db.checkpoint();
  await c.deleteMany({ _id: { $gte: 100 } });
  const { estimatedBytesFreed } = await db.compact({ dryRun: true });
  assert.ok(estimatedBytesFreed > 0);
  const done = await db.compact({ collection: 'c' });
  assert.ok(done.bytesFreed > 0 && done.bytesBefore - done.bytesAfter === done.bytesFreed, JSON.stringify(done));
  assert.deepStrictEqual(done.collections.map((each) => each.name), ['c']);
  assert.ok(db.compactSync().bytesFreed >= 0);
  await assert.rejects(db.compact({ collection: 'nothing' }), { status: 'IRONBASE_ERROR_NOT_FOUND', code: 26 });
  await assert.rejects(db.compact({ colection: 'c' }), { status: 'IRONBASE_ERROR_ARGUMENT' });
  assert.strictEqual(await c.countDocuments(), 100);
});

test('verify and salvage', async (t) => {
  const { db, c, directory, location } = await onDisk(t, 3000);
  await c.createIndex({ text: 1 });
  for (const sound of [await db.verify(), db.verifySync()]) {
    assert.deepStrictEqual([sound.valid, sound.documents, sound.indexEntries, sound.errors], [true, 3000, 3000, []]);
  }
  await assert.rejects(verify(location), { status: 'IRONBASE_ERROR_LOCKED' });
  await db.close();
  assert.strictEqual((await verify(location)).valid, true);
  assert.strictEqual(verifySync(location, { comment: 'x' }).documents, 3000);

  damage(path.join(location, 'c.mlite'));
  const bad = await verify(location, { maxErrors: 1 });
  assert.ok(!bad.valid && bad.errorCount > 0 && bad.errors.length === 1 && bad.errors[0].problem, JSON.stringify(bad));
  const into = path.join(directory, 'saved.mlite');
  const saved = await salvage(location, into, { pageSize: 4096 });
  const [of] = saved.collections;
  assert.ok(of.lostDocuments > 0 && of.lostDocuments + saved.documents === 3000, JSON.stringify(saved));
  assert.deepStrictEqual(of.indexes, [{ name: 'text_1', created: true }]);
  assert.throws(() => salvageSync(location, into), { status: 'IRONBASE_ERROR_ARGUMENT' });
  const again = openSync(into);
  assert.strictEqual(again.collection('c').countDocumentsSync(), saved.documents);
  again.closeSync();
  await assert.rejects(verify('no/such.mlite'), { status: 'IRONBASE_ERROR_NOT_FOUND' });
  await assert.rejects(verify('a\0b'), { name: 'IronBaseInvalidArgumentError' });
  await assert.rejects(salvage(location, 5), { name: 'IronBaseInvalidArgumentError' });
});

test('backup and restore', async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ironbase-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const at = (name) => path.join(directory, `${name}.mlite`);
  const db = await open(at('app'), { logRetentionBytes: 1 << 20 });
  const c = db.collection('c');
  await c.insertMany(Array.from({ length: 1000 }, (_, i) => ({ _id: i })));
  const full = await db.backup(at('backup'));
  assert.ok(!full.incremental && full.lsn >= full.baseLsn && full.bytes > 0 && full.time instanceof Date, JSON.stringify(full));
  await c.insertOne({ _id: -1 });
  const more = db.backupSync(at('backup'), { sinceLsn: full.lsn });
  assert.ok(more.incremental && more.previousLsn === full.lsn && more.lsn > full.lsn, JSON.stringify(more));
  await assert.rejects(db.backup(at('backup')), { status: 'IRONBASE_ERROR_ARGUMENT' });
  await db.close();
  for (const [name, options, count] of [['end', {}, 1001], ['lsn', { toLsn: full.lsn }, 1000], ['time', { toTime: more.time }, 1001]]) {
    assert.strictEqual((await restore(at('backup'), at(name), options)).documents, count);
    const again = openSync(at(name));
    assert.strictEqual(again.collection('c').countDocumentsSync(), count);
    again.closeSync();
  }
  assert.throws(() => restoreSync(at('none'), at('new')), { status: 'IRONBASE_ERROR_NOT_FOUND' });
});

/** Calls that tell how far they are: `(options) => result`, by their names. */
async function longCalls(t) {
  const { db, c } = await onDisk(t, 5000);
  const { db: other, location, directory } = await onDisk(t, 5000);
  await other.close();
  let n = 0;
  const into = () => path.join(directory, `saved${n++}.mlite`);
  const backup = into();
  await db.backup(backup);
  return {
    countDocuments: (o) => c.countDocuments({ text: 'y' }, o),
    countDocumentsSync: (o) => c.countDocumentsSync({ text: 'y' }, o),
    find: (o) => c.find({ text: { $ne: 'y' } }, o).toArray(),
    findSync: (o) => c.find({ text: { $ne: 'y' } }, o).toArraySync(),
    updateMany: (o) => c.updateMany({}, { $inc: { n: 1 } }, o),
    updateManySync: (o) => c.updateManySync({}, { $inc: { n: 1 } }, o),
    createIndex: (o) => c.createIndex({ [`n${n++}`]: 1 }, o),
    compact: (o) => db.compact(o),
    compactSync: (o) => db.compactSync(o),
    verify: (o) => db.verify(o),
    verifySync: (o) => db.verifySync(o),
    backup: (o) => db.backup(into(), o),
    backupSync: (o) => db.backupSync(into(), o),
    'restore of a path': (o) => restore(backup, into(), o),
    'restoreSync of a path': (o) => restoreSync(backup, into(), o),
    'verify of a path': (o) => verify(location, o),
    'verifySync of a path': (o) => verifySync(location, o),
    'salvage of a path': (o) => salvage(location, into(), o),
    'salvageSync of a path': (o) => salvageSync(location, into(), o),
  };
}

test('onProgress is told', async (t) => {
  for (const [name, call] of Object.entries(await longCalls(t))) {
    const told = [];
    await call({ onProgress: (done, total) => told.push([done, total]) });
    assert.ok(told.length > 0, `${name}: nothing was told`);
    const [done, total] = told.at(-1);
    assert.ok(done > 0 && done === total, `${name}: in the end ${done} of ${total}`);
  }
});

test('a signal stops long calls, out of onProgress too', async (t) => {
  for (const [name, call] of Object.entries(await longCalls(t))) {
    const controller = new AbortController();
    const reason = new Error('enough');
    // An asynchronous call may be over before its progress is known here.
    const isSync = name.includes('Sync');
    const outcome = await Promise.resolve()
      .then(() => call({ signal: controller.signal, onProgress: () => controller.abort(reason) }))
      .then(() => null, (error) => error);
    if (isSync) assert.strictEqual(outcome, reason, name);
    else assert.ok(outcome === reason || outcome === null, `${name}: ${outcome}`);
    await call({});
  }
});

test('a signal stops the verifying of a path that takes long', async (t) => {
  const { db, location } = await onDisk(t, 60000);
  await db.close();
  assert.strictEqual((await verify(location)).valid, true);
  const controller = new AbortController();
  const stopped = assert.rejects(verify(location, { signal: controller.signal }), { name: 'AbortError' });
  setImmediate(() => controller.abort());
  await stopped;
});

test('what onProgress throws comes out of the call', async (t) => {
  for (const [name, call] of Object.entries(await longCalls(t))) {
    const mine = new Error('mine');
    const outcome = await Promise.resolve()
      .then(() => call({ onProgress: () => { throw mine; } }))
      .then(() => null, (error) => error);
    assert.strictEqual(outcome, mine, name);
    await call({});
  }
});

test('onProgress may call the database', async (t) => {
  const { db, c } = await onDisk(t, 5000);
  let inner = 0;
  const onProgress = () => {
    assert.strictEqual(c.countDocumentsSync({ text: 'y' }, { onProgress: () => inner++ }), 0);
    assert.strictEqual(c.findOneSync({ _id: 5 })._id, 5);
    assert.throws(() => db.closeSync(), /progress function/);
  };
  const long = { text: 'z'.repeat(5000) };
  assert.strictEqual(c.countDocumentsSync(long, { onProgress }), 0);
  assert.strictEqual(await c.countDocuments(long, { onProgress: () => c.findOneSync({ _id: 1 }) }), 0);
  assert.ok(inner >= 2, String(inner));
  assert.throws(() => c.countDocumentsSync({}, { onProgress: 5 }), { name: 'IronBaseInvalidArgumentError' });
  // Many at once.
  const told = new Array(300).fill(0);
  await Promise.all(told.map((_, i) => c.countDocuments({ text: 'y' }, { onProgress: () => told[i]++ })));
  assert.ok(told.every((times) => times > 0));
});

const program = (code) =>
  new Promise((resolve, reject) => {
    const args = ['-e', `const ironbase = require(${JSON.stringify(require.resolve('..'))});\n${code}`];
    execFile(process.execPath, args, { timeout: 30000 }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });

test('process.exit() while calls tell how far they are', async () => {
  const code = `
    const db = ironbase.openSync(':memory:');
    const c = db.collection('c');
    for (let i = 0; i < 2000; i++) c.insertOneSync({ _id: i });
    const slow = { $expr: { $gt: [{ $sum: { $map: { input: { $range: [0, 50] }, in: '$$this' } } }, 1e15] } };
    let told = 0;
    for (let i = 0; i < 8; i++) c.countDocuments(slow, { maxTimeMS: 2000, onProgress: () => told++ }).catch(() => {});
    setInterval(() => { if (told > 0) { console.log('told'); process.exit(0); } }, 5);`;
  for (let i = 0; i < 3; i++) assert.strictEqual(await program(code), 'told\n');
});

test('the log', async (t) => {
  t.after(() => setLogger(null));
  const lines = [];
  setLogger((level, message) => lines.push(`${level} ${message}`));
  const db = await open(':memory:');
  await db.close();
  openSync(':memory:').closeSync();
  await sleep(50);
  assert.strictEqual(lines.filter((line) => line === 'info opened :memory:').length, 2, lines.join('\n'));
  assert.ok(!lines.some((line) => line.startsWith('debug')));
  setLogger(null);
  openSync(':memory:').closeSync();
  await sleep(50);
  assert.strictEqual(lines.filter((line) => line.includes('opened')).length, 2);
  for (const bad of [5, undefined, 'x']) assert.throws(() => setLogger(bad), { name: 'IronBaseInvalidArgumentError' });
  assert.throws(() => setLogger(() => {}, 'loud'), { name: 'IronBaseInvalidArgumentError' });
});

test('loggers change while all threads log', async (t) => {
  t.after(() => setLogger(null));
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ironbase-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  let lines = 0;
  const end = performance.now() + 1500;
  const work = async (n) => {
    while (performance.now() < end) {
      const db = await open(path.join(directory, `${n}.mlite`));
      await db.collection('c').insertOne({ n });
      if (n % 2) db.closeSync();
      else await db.close();
    }
  };
  const working = Promise.all([0, 1, 2, 3, 4, 5].map(work));
  while (performance.now() < end) {
    setLogger(() => lines++, 'trace');
    await sleep(5);
    setLogger(null);
    await sleep(1);
  }
  await working;
  assert.ok(lines > 0);
});

test('a program with a logger ends, and has all lines', async () => {
  const code = (end) => `
    ironbase.setLogger((level, message) => console.log(level, message), 'trace');
    const db = ironbase.openSync(':memory:');
    db.closeSync();
    ${end}`;
  for (const end of ['', 'process.exit(0);', 'setTimeout(() => process.exit(0), 100);']) {
    assert.match(await program(code(end)), /^info opened :memory:$/m, end);
  }
});

test('setLogger is for the main thread', async () => {
  const code = `require(${JSON.stringify(require.resolve('..'))}).setLogger(() => {});`;
  const worker = new Worker(code, { eval: true });
  const [error] = await new Promise((resolve) => worker.once('error', (...args) => resolve(args)));
  assert.match(error.message, /main thread/);
});
