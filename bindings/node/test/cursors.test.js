'use strict';
const { test } = require('node:test');
const assert = require('node:assert');
const { filled, memory } = require('./memory');

const ids = (docs) => docs.map((doc) => doc._id);

test('sort, skip, limit, project', async (t) => {
  const { c } = await filled(t, 30);
  const found = await c.find({ v: { $lt: 5 } }).sort({ _id: -1 }).skip(1).limit(2).project({ v: 1 }).toArray();
  assert.deepStrictEqual(found, [{ _id: 23, v: 3 }, { _id: 22, v: 2 }]);
  assert.deepStrictEqual(ids(await c.find({}, { sort: { v: 1, _id: -1 }, limit: 2 }).toArray()), [20, 10]);
  for (const sort of [[['v', 'desc'], ['_id', 1]], new Map([['v', -1], ['_id', 1]])]) {
    assert.deepStrictEqual(ids(await c.find().sort(sort).limit(2).toArray()), [9, 19]);
  }
  assert.deepStrictEqual(ids(await c.find().sort('_id', 'descending').limit(1).toArray()), [29]);
  assert.deepStrictEqual(ids(await c.find().sort(['_id', -1]).limit(1).toArray()), [29]);
});

for (const count of [0, 1, 101, 102, 5000]) {
  test(`${count} documents, each way of reading`, async (t) => {
    const db = await memory(t);
    const c = db.collection('c');
    if (count > 0) await c.insertMany(Array.from({ length: count }, (_, i) => ({ _id: i, text: 'x'.repeat(500) })));
    const all = [...Array(count).keys()];
    assert.deepStrictEqual(ids(await c.find().toArray()), all);
    assert.deepStrictEqual(ids(c.find().toArraySync()), all);
    assert.deepStrictEqual(ids([...c.find()]), all);
    assert.deepStrictEqual(ids(await c.find().batchSize(7).toArray()), all);
    const seen = [];
    for await (const doc of c.find()) seen.push(doc);
    assert.deepStrictEqual(ids(seen), all);
    const each = [];
    await c.find().forEach((doc) => each.push(doc._id) && undefined);
    assert.deepStrictEqual(each, all);
    const one = c.find();
    const nexts = [];
    while (await one.hasNext()) nexts.push((await one.next())._id);
    assert.deepStrictEqual(nexts, all);
    assert.strictEqual(await one.next(), null);
  });
}

test('many who wait for the next document each get another', async (t) => {
  const { c } = await filled(t, 250);
  const cursor = c.find();
  const got = await Promise.all(Array.from({ length: 250 }, () => cursor.next()));
  assert.strictEqual(new Set(ids(got.filter(Boolean))).size, got.filter(Boolean).length);
});

test('a cursor closes itself at its end, and on leaving a loop', async (t) => {
  const { c } = await filled(t, 300);
  const whole = c.find();
  await whole.toArray();
  assert.strictEqual(whole.closed, true);
  const left = c.find();
  for await (const doc of left) if (doc._id === 5) break;
  assert.strictEqual(left.closed, true);
  await assert.rejects(left.next(), { name: 'IronBaseClosedError', message: 'the cursor is closed' });
  const disposed = c.find();
  await disposed.next();
  await disposed[Symbol.asyncDispose]();
  await assert.rejects(disposed.toArray(), { name: 'IronBaseClosedError' });
});

test('a cursor shows the database as it was when it was first read', async (t) => {
  const { c } = await filled(t, 300);
  const cursor = c.find();
  await cursor.next();
  await c.deleteMany({});
  assert.strictEqual((await cursor.toArray()).length, 299);
});

test('map, clone, explain; what is being read cannot be changed', async (t) => {
  const { c } = await filled(t, 5);
  const cursor = c.find({ _id: { $gt: 1 } }).map((doc) => doc._id).map((id) => id * 2);
  assert.deepStrictEqual(await cursor.clone().toArray(), [4, 6, 8]);
  assert.strictEqual((await cursor.explain()).executionStats.nReturned, 3);
  assert.strictEqual(await cursor.next(), 4);
  assert.throws(() => cursor.limit(1), { message: 'limit cannot be set: the cursor is being read already' });
});

test('errors of the query come with the first document', async (t) => {
  const { c } = await filled(t, 5);
  const cursor = c.find({ v: { $bad: 1 } });
  await assert.rejects(cursor.next(), { code: 2, codeName: 'BadValue' });
  assert.strictEqual(cursor.closed, true);
  assert.throws(() => c.find({ v: { $bad: 1 } }).toArraySync(), { code: 2 });
});

test('a tailable cursor waits for what is inserted', async (t) => {
  const db = await memory(t);
  const c = await db.createCollection('log', { capped: true, size: 4096 });
  await c.insertOne({ _id: 1 });
  const cursor = c.find({}, { tailable: true, awaitData: true, maxAwaitTimeMS: 50 });
  assert.strictEqual((await cursor.next())._id, 1);
  assert.strictEqual(await cursor.tryNext(), null);
  const next = cursor.next();
  setTimeout(() => c.insertOne({ _id: 2 }), 120);
  assert.strictEqual((await next)._id, 2);
  await cursor.close();
});
