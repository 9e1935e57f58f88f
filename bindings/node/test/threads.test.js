'use strict';
/* Slow calls neither hold up the process nor outlive their signal. */
const { test, before, after } = require('node:test');
const assert = require('node:assert');
const { execFile } = require('node:child_process');
const fs = require('node:fs/promises');
const { open, setThreads } = require('..');

/* A minute of work, some 50 ms for each document. */
const SLOW = {
  $expr: {
    $gt: [
      { $sum: { $map: { input: { $range: [0, 200] }, as: 'a', in: { $sum: { $map: { input: { $range: [0, 100] }, in: '$$this' } } } } } },
      1e15,
    ],
  },
};

let db;
let c;
before(async () => {
  db = await open(':memory:');
  c = db.collection('c');
  await c.insertMany(Array.from({ length: 1000 }, (_, i) => ({ _id: i })));
});
after(() => db.close());

const since = (start) => performance.now() - start;

test('while 16 slow calls run, fs.stat is quick', async () => {
  const controller = new AbortController();
  const slow = Array.from({ length: 16 }, () => c.countDocuments(SLOW, { signal: controller.signal }));
  const outcomes = Promise.allSettled(slow);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const times = [];
  for (let i = 0; i < 50; i++) {
    const start = performance.now();
    await Promise.all([fs.stat(__filename), fs.stat(__filename), fs.stat(__filename), fs.stat(__filename)]);
    times.push(since(start));
  }
  times.sort((a, b) => a - b);
  controller.abort();
  for (const { status, reason } of await outcomes) {
    assert.strictEqual(status, 'rejected');
    assert.strictEqual(reason.name, 'AbortError');
  }
  // All processors are busy: the median is what waiting for a thread of the pool would show.
  assert.ok(times[25] < 100, `four fs.stat took ${times[25].toFixed(1)} ms`);
});

test('a signal stops a running call in the engine', async () => {
  const controller = new AbortController();
  const start = performance.now();
  const call = c.countDocuments(SLOW, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('changed my mind')), 100);
  await assert.rejects(call, { message: 'changed my mind' });
  assert.ok(since(start) < 3000, `it took ${since(start).toFixed(0)} ms`);
  // The thread is free again, or this would wait.
  const again = performance.now();
  await Promise.all(Array.from({ length: 8 }, () => c.findOne({ _id: 1 })));
  assert.ok(since(again) < 3000);
});

test('a signal stops a cursor, running or waiting, and calls that have not begun', async () => {
  const controller = new AbortController();
  const cursor = c.find(SLOW, { signal: controller.signal });
  const reading = cursor.toArray();
  const many = Array.from({ length: 600 }, () => c.findOne({ _id: 1, ...SLOW }, { signal: controller.signal }));
  const outcomes = Promise.allSettled([reading, ...many]);
  // As soon as one is done: how many a machine does in a given time is its own affair.
  many[0].finally(() => controller.abort()).catch(() => {});
  const start = performance.now();
  const stopped = (await outcomes).filter(({ reason }) => reason?.name === 'AbortError').length;
  assert.ok(stopped > 500, `${stopped} were stopped`);
  assert.ok(since(start) < 5000);
  assert.strictEqual(cursor.closed, true);
  const idle = c.find({}, { signal: controller.signal });
  await assert.rejects(idle.next(), { name: 'AbortError' });
  await assert.rejects(c.findOne({}, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('a signal that is not used leaves nothing behind', async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args) => (listeners++, add(...args));
  signal.removeEventListener = (...args) => (listeners--, remove(...args));
  for (let i = 0; i < 100; i++) await c.findOne({ _id: i }, { signal });
  await c.find({}, { signal }).toArray();
  for await (const doc of c.find({}, { signal })) if (doc._id === 3) break;
  assert.strictEqual(listeners, 0);
});

test('maxTimeMS', async () => {
  await assert.rejects(c.countDocuments(SLOW, { maxTimeMS: 20 }), { code: 50, codeName: 'MaxTimeMSExpired' });
});

test('more calls at once than there is room for', async () => {
  const found = await Promise.all(Array.from({ length: 3000 }, (_, i) => c.findOne({ _id: i % 1000 })));
  assert.ok(found.every((doc, i) => doc._id === i % 1000));
});

test('long texts beside short ones', async () => {
  const texts = Array.from({ length: 50 }, (_, i) => 'ü'.repeat(i * 100));
  await Promise.all(texts.map((text, i) => c.updateOne({ _id: i }, { $set: { text } })));
  const found = await Promise.all(texts.map((text) => c.findOne({ text })));
  assert.deepStrictEqual(found.map((doc) => doc.text), texts);
});

test('setThreads takes sensible numbers only', () => {
  for (const bad of [0, -1, 1.5, 65, '4', undefined]) assert.throws(() => setThreads(bad), { name: 'IronBaseInvalidArgumentError' });
  setThreads(4);
});

const program = (code) =>
  new Promise((resolve, reject) => {
    const args = ['-e', `const ironbase = require(${JSON.stringify(require.resolve('..'))});\n${code}`];
    execFile(process.execPath, args, { timeout: 20000 }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });

test('a program ends when its calls are over, closed or not', async () => {
  const code = `
    (async () => {
      const db = await ironbase.open(':memory:');
      const c = db.collection('c');
      await c.insertOne({ _id: 1 });
      c.findOne({ _id: 1 }).then((doc) => console.log(doc._id));
    })();`;
  assert.strictEqual(await program(code), '1\n');
});

test('a program waits for a call of which it is told nothing', async () => {
  const code = `
    const db = ironbase.openSync(':memory:');
    db.collection('c').insertOne({ _id: 1 });
    process.on('exit', () => console.log(db.collection('c').countDocumentsSync()));`;
  assert.strictEqual(await program(code), '1\n');
});

for (const [when, ms] of [['while threads start', 0], ['a little later', 15], ['while calls run', 150]]) {
  test(`process.exit() ${when} ends the process as it should`, async () => {
    const code = `
      const db = ironbase.openSync(':memory:');
      const c = db.collection('c');
      for (let i = 0; i < 500; i++) c.insertOneSync({ _id: i });
      for (let i = 0; i < 20; i++) c.countDocuments(${JSON.stringify(SLOW)}, { maxTimeMS: 500 }).catch(() => {});
      const end = () => { console.log('ends'); process.exit(0); };
      ${ms} ? setTimeout(end, ${ms}) : end();`;
    for (let i = 0; i < 5; i++) assert.strictEqual(await program(code), 'ends\n');
  });
}
