'use strict';
/* Bad input is answered with an error of the right class; the process lives. */
const { test } = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const ib = require('..');
const { filled, memory } = require('./memory');

const argument = { name: 'IronBaseInvalidArgumentError', status: 'IRONBASE_ERROR_ARGUMENT' };

test('what is no document is refused, by both faces, and named', async (t) => {
  const c = (await memory(t)).collection('c');
  for (const bad of [null, 1, 'x', true, [], new Date(), /x/, new ib.ObjectId(), Buffer.alloc(1), () => 1, Symbol('s'), 1n]) {
    for (const [method, args] of [
      ['insertOne', [bad]],
      ['insertMany', [[{}, bad]]],
      ['findOne', [bad]],
      ['updateOne', [bad, { $set: { a: 1 } }]],
      ['replaceOne', [{}, bad]],
      ['deleteMany', [bad]],
      ['countDocuments', [bad]],
      ['bulkWrite', [[bad]]],
      ['createIndexes', [[bad]]],
    ]) {
      await assert.rejects(c[method](...args), { ...argument, message: /must be a document, found / }, method);
      assert.throws(() => c[`${method}Sync`](...args), argument);
    }
    assert.throws(() => c.find(bad), argument);
  }
  for (const bad of [undefined, null, {}, 'x']) {
    await assert.rejects(c.insertMany(bad), { ...argument, message: /must be an array/ });
    await assert.rejects(c.bulkWrite(bad), { ...argument, message: /must be an array/ });
  }
  assert.strictEqual(await c.countDocuments(), 0);
});

test('options of a wrong type, and unknown ones', async (t) => {
  const { c } = await filled(t, 2);
  await assert.rejects(c.findOne({}, 5), argument);
  await assert.rejects(c.findOne({}, { limt: 1 }), { status: 'IRONBASE_ERROR_ARGUMENT', message: /limt/ });
  await assert.rejects(c.findOne({}, { signal: {} }), argument);
  await assert.rejects(c.findOne({}, { session: {} }), argument);
  assert.throws(() => c.find().limit('5'), { ...argument, message: "limit must be a whole number, found '5'" });
  assert.throws(() => c.find().sort(5), argument);
  assert.throws(() => c.find().map(5), argument);
  await assert.rejects(c.find().toArray.call(c.find({}, { limit: 1.5 })), { status: 'IRONBASE_ERROR_ARGUMENT' });
});

test('names', async (t) => {
  const db = await memory(t);
  for (const bad of [undefined, null, 5, {}, ['x']]) assert.throws(() => db.collection(bad), argument);
  assert.throws(() => db.collection('a\ud800'), { ...argument, message: /surrogate/ });
  for (const bad of ['', 'a$b', 'a\0b', '.a']) assert.throws(() => db.collection(bad), { code: 73 });
  await assert.rejects(ib.open('a\0b'), argument);
  await assert.rejects(ib.open(5), argument);
  await assert.rejects(ib.open('/no/such/directory/x.mlite'), { status: 'IRONBASE_ERROR_NOT_FOUND' });
  await assert.rejects(ib.open(':memory:', { durable: true }), { status: 'IRONBASE_ERROR_ARGUMENT', message: /durable/ });
  await assert.rejects(ib.open(':memory:', { jsonMode: 'relaxed' }), argument);
});

test('texts: halves of surrogate pairs, NUL in keys and values', async (t) => {
  const c = (await memory(t)).collection('c');
  await assert.rejects(c.insertOne({ a: 'x\ud800y' }), { status: 'IRONBASE_ERROR_JSON' });
  await assert.rejects(c.insertOne({ 'x\udc00': 1 }), { status: 'IRONBASE_ERROR_JSON' });
  await assert.rejects(c.insertOne({ 'a\0b': 1 }), (error) => error instanceof ib.IronBaseServerError && /NUL|null/i.test(error.message));
  await assert.rejects(c.findOne({ 'a\0b': 1 }), ib.IronBaseServerError);
  await c.insertOne({ _id: 'a\0b', v: 'x\0y' });
  assert.deepStrictEqual(await c.findOne({ _id: 'a\0b' }), { _id: 'a\0b', v: 'x\0y' });
});

test('values that no document can hold', async (t) => {
  const c = (await memory(t)).collection('c');
  const circle = {};
  circle.self = circle;
  let deep = {};
  for (let i = 0; i < 150; i++) deep = { deep };
  await assert.rejects(c.insertOne(circle), { ...argument, message: /refers to itself/ });
  await assert.rejects(c.insertOne(deep), { status: 'IRONBASE_ERROR_JSON' });
  await assert.rejects(c.insertOne({ a: 2n ** 63n }), argument);
  await assert.rejects(c.insertOne({ a: new Date(NaN) }), argument);
  await assert.rejects(c.insertOne({ a: { _bsontype: 'Nonsense' } }), argument);
  await assert.rejects(c.insertOne({ a: 'x'.repeat(17 << 20) }), { code: 10334 });
  const thrown = new Error('mine');
  const getter = { get a() { throw thrown; } };
  await assert.rejects(c.insertOne(getter), thrown);
  assert.strictEqual(await c.countDocuments(), 0);
});

test('numbers at the edges', async (t) => {
  const c = (await memory(t)).collection('c');
  for (const number of [Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e21, -1e300]) {
    await c.replaceOne({ _id: 1 }, { number }, { upsert: true });
    assert.strictEqual((await c.findOne()).number, number);
    assert.strictEqual(await c.countDocuments({ number }), 1);
  }
  await c.replaceOne({ _id: 1 }, { n: ib.Long.MAX_VALUE });
  await assert.rejects(c.updateOne({ _id: 1 }, { $inc: { n: 1 } }), { code: 2 });
});

test('everything that was closed says so, and may be closed again', async (t) => {
  const db = await ib.open(':memory:');
  const c = db.collection('c');
  await c.insertMany(Array.from({ length: 300 }, (_, i) => ({ _id: i })));
  const cursor = c.find();
  await cursor.next();
  const transaction = await db.startTransaction();
  const inside = transaction.collection('c');
  await transaction.commit();
  await assert.rejects(inside.findOne(), { code: 256 });
  transaction.end();
  await assert.rejects(inside.findOne(), { name: 'IronBaseClosedError', message: 'the transaction is closed' });
  assert.throws(() => transaction.collection('c2'), { name: 'IronBaseClosedError' });
  await db.close();
  await db.close();
  const closed = { name: 'IronBaseClosedError', status: 'IRONBASE_ERROR_CLOSED', message: /closed/ };
  await assert.rejects(c.findOne(), closed);
  await assert.rejects(c.insertOne({}), closed);
  await assert.rejects(cursor.toArray(), closed);
  await assert.rejects(c.find().toArray(), closed);
  await assert.rejects(db.command({ ping: 1 }), closed);
  await assert.rejects(db.listCollections().toArray(), closed);
  await assert.rejects(db.startTransaction(), closed);
  await assert.rejects(db.withTransaction(() => 1), closed);
  assert.throws(() => db.collection('c'), closed);
  assert.throws(() => c.findOneSync(), closed);
  assert.strictEqual(db.closed, true);
});

test('closing waits for the calls under way', async (t) => {
  const db = await ib.open(':memory:');
  const c = db.collection('c');
  const calls = Array.from({ length: 400 }, (_, i) => c.insertOne({ _id: i }));
  const closing = db.close();
  const outcomes = await Promise.allSettled(calls);
  await closing;
  for (const { status, reason } of outcomes) if (status === 'rejected') assert.strictEqual(reason.name, 'IronBaseClosedError');
  assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
});

test('damaged files are an error that says where', async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ironbase-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'x.mlite');
  await (await ib.open(file)).close();
  fs.writeFileSync(path.join(file, 'metadata.mlite'), 'not a database');
  await assert.rejects(ib.open(file), (error) => error instanceof ib.IronBaseServerError && error.status === 'IRONBASE_ERROR_CORRUPT');
});

test('errors tell everything: class, name, code, details', async (t) => {
  const c = (await memory(t)).collection('c');
  const error = await c.findOne({ a: { $bad: 1 } }).catch((e) => e);
  assert.ok(error instanceof ib.IronBaseServerError && error instanceof ib.IronBaseError && error instanceof Error);
  assert.strictEqual(error.name, 'IronBaseServerError');
  assert.deepStrictEqual([error.code, error.codeName, error.status], [2, 'BadValue', 'IRONBASE_ERROR_QUERY']);
  assert.strictEqual(error.hasErrorLabel('TransientTransactionError'), false);
  assert.ok(Array.isArray(error.details.causes));
  assert.match(error.message, /\$bad/);
});
