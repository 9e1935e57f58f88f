'use strict';
const { test } = require('node:test');
const assert = require('node:assert');
const { filled, memory } = require('./memory');

test('what withTransaction returns is there; what it throws undoes everything', async (t) => {
  const { db, c } = await filled(t, 3);
  const result = await db.withTransaction(async (transaction) => {
    const inside = transaction.collection('c');
    await inside.insertOne({ _id: 10 });
    await c.updateOne({ _id: 1 }, { $set: { v: 'changed' } }, { session: transaction });
    assert.strictEqual(await c.findOne({ _id: 10 }), null);
    assert.strictEqual(await inside.countDocuments(), 4);
    assert.strictEqual((await inside.find({ v: 'changed' }).toArray()).length, 1);
    assert.strictEqual((await db.command({ find: 'c', filter: { _id: 10 } }, { session: transaction })).cursor.firstBatch.length, 1);
    return 'done';
  });
  assert.strictEqual(result, 'done');
  assert.strictEqual((await c.findOne({ _id: 1 })).v, 'changed');
  const mine = new Error('mine');
  await assert.rejects(
    db.withTransaction(async (transaction) => {
      await transaction.collection('c').deleteMany({});
      throw mine;
    }),
    mine,
  );
  assert.strictEqual(await c.countDocuments(), 4);
});

test('transactions that collide are tried again until all have been', async (t) => {
  const db = await memory(t);
  const c = db.collection('counters');
  await c.insertOne({ _id: 1, n: 0 });
  let attempts = 0;
  await Promise.all(
    Array.from({ length: 20 }, () =>
      db.withTransaction(async (transaction) => {
        attempts++;
        const inside = transaction.collection('counters');
        const { n } = await inside.findOne({ _id: 1 });
        await inside.updateOne({ _id: 1 }, { $set: { n: n + 1 } });
      }),
    ),
  );
  assert.strictEqual((await c.findOne({ _id: 1 })).n, 20);
  assert.ok(attempts > 20, 'some of them collided');
});

test('a conflict says that it may be tried again; without the time for it, it is thrown', async (t) => {
  const { db, c } = await filled(t, 1);
  const collide = async (transaction) => {
    const inside = transaction.collection('c');
    await inside.findOne({ _id: 0 });
    await c.updateOne({ _id: 0 }, { $inc: { v: 1 } });
    await inside.updateOne({ _id: 0 }, { $inc: { v: 1 } });
  };
  await assert.rejects(
    db.withTransaction(collide, { retryMS: 0 }),
    (error) => error.code === 112 && error.codeName === 'WriteConflict' && error.hasErrorLabel('TransientTransactionError'),
  );
});

test('begun by hand', async (t) => {
  const { db, c } = await filled(t, 1);
  const kept = await db.startTransaction();
  await kept.collection('c').insertOne({ _id: 'kept' });
  await kept.commit();
  const given = await db.startTransaction({ transactionLifetimeLimitSeconds: 5 });
  await given.collection('c').insertOne({ _id: 'given up' });
  await given.abort();
  const left = await db.startTransaction();
  await left.collection('c').insertOne({ _id: 'left' });
  await left[Symbol.asyncDispose]();
  assert.deepStrictEqual((await c.find().toArray()).map((doc) => doc._id), [0, 'kept']);
});

test('the synchronous face', async (t) => {
  const { db, c } = await filled(t, 1);
  let attempts = 0;
  const result = db.withTransactionSync((transaction) => {
    transaction.collection('c').updateOneSync({ _id: 0 }, { $set: { x: 1 } });
    if (++attempts === 1) c.updateOneSync({ _id: 0 }, { $set: { y: 1 } });
    return attempts;
  });
  assert.strictEqual(result, 2);
  assert.deepStrictEqual(c.findOneSync({}, { projection: { x: 1, y: 1 } }), { _id: 0, x: 1, y: 1 });
});

test('a signal stops the trying', async (t) => {
  const { db } = await filled(t, 1);
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(db.withTransaction(() => assert.fail('not begun'), { signal }), { message: 'enough' });
});
