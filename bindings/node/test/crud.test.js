'use strict';
/* Each operation, by either face, returns what MongoDB's driver returns. */
const { test } = require('node:test');
const assert = require('node:assert');
const { ObjectId, IronBaseBulkWriteError } = require('..');
const { filled, memory } = require('./memory');

test('insertOne gives the document an _id and tells it', async (t) => {
  const c = (await memory(t)).collection('c');
  const doc = { a: 1 };
  const { acknowledged, insertedId } = await c.insertOne(doc);
  assert.strictEqual(acknowledged, true);
  assert.ok(insertedId instanceof ObjectId);
  assert.strictEqual(doc._id, insertedId);
  assert.deepStrictEqual(await c.findOne({ a: 1 }), { _id: insertedId, a: 1 });
  assert.strictEqual((await c.insertOne(Object.freeze({ a: 2 }))).insertedId instanceof ObjectId, true);
  assert.strictEqual((await c.insertOne(new Map([['_id', 7], ['a', 3]]))).insertedId, 7);
});

test('insertMany tells the _ids by position', async (t) => {
  const c = (await memory(t)).collection('c');
  assert.deepStrictEqual(await c.insertMany([{ _id: 'a' }, { _id: 'b' }]), {
    acknowledged: true,
    insertedCount: 2,
    insertedIds: { 0: 'a', 1: 'b' },
  });
});

for (const ordered of [true, false]) {
  test(`insertMany, ordered ${ordered}, tells what was refused and what was not`, async (t) => {
    const c = (await memory(t)).collection('c');
    await assert.rejects(c.insertMany([{ _id: 1 }, { _id: 1 }, { _id: 2 }], { ordered }), (error) => {
      assert.ok(error instanceof IronBaseBulkWriteError);
      assert.strictEqual(error.code, 11000);
      assert.strictEqual(error.writeErrors.length, 1);
      assert.strictEqual(error.writeErrors[0].index, 1);
      assert.deepStrictEqual(error.insertedIds, ordered ? { 0: 1 } : { 0: 1, 2: 2 });
      assert.strictEqual(error.result.insertedCount, ordered ? 1 : 2);
      return true;
    });
    assert.strictEqual(await c.countDocuments(), ordered ? 1 : 2);
  });
}

test('updates, replacements, deletes', async (t) => {
  const { c } = await filled(t, 30);
  const result = (matchedCount, modifiedCount) => ({
    acknowledged: true,
    matchedCount,
    modifiedCount,
    upsertedCount: 0,
    upsertedId: null,
  });
  assert.deepStrictEqual(await c.updateOne({ v: 3 }, { $set: { x: 1 } }), result(1, 1));
  assert.deepStrictEqual(await c.updateMany({ v: 3 }, { $set: { x: 1 } }), result(3, 2));
  assert.deepStrictEqual(await c.updateOne({ _id: 4 }, [{ $set: { sum: { $add: ['$_id', '$v'] } } }]), result(1, 1));
  assert.strictEqual((await c.findOne({ _id: 4 })).sum, 8);
  const upserted = await c.updateOne({ _id: 99 }, { $set: { x: 1 } }, { upsert: true });
  assert.deepStrictEqual([upserted.upsertedCount, upserted.upsertedId], [1, 99]);
  assert.deepStrictEqual(await c.replaceOne({ _id: 5 }, { only: 1 }), result(1, 1));
  assert.deepStrictEqual(await c.findOne({ _id: 5 }), { _id: 5, only: 1 });
  assert.deepStrictEqual(await c.deleteOne({ v: 1 }), { acknowledged: true, deletedCount: 1 });
  assert.deepStrictEqual(await c.deleteMany({ v: 1 }), { acknowledged: true, deletedCount: 2 });
  assert.strictEqual((await c.deleteMany({})).deletedCount, 28);
});

test('changing a document and getting it', async (t) => {
  const { c } = await filled(t, 3);
  assert.strictEqual((await c.findOneAndUpdate({ _id: 1 }, { $inc: { v: 5 } })).v, 1);
  assert.strictEqual((await c.findOneAndUpdate({ _id: 1 }, { $inc: { v: 5 } }, { returnDocument: 'after' })).v, 11);
  assert.deepStrictEqual(await c.findOneAndReplace({ _id: 1 }, { z: 1 }, { returnDocument: 'after' }), { _id: 1, z: 1 });
  assert.deepStrictEqual(await c.findOneAndDelete({ _id: 1 }), { _id: 1, z: 1 });
  assert.strictEqual(await c.findOneAndDelete({ _id: 1 }), null);
});

test('bulkWrite makes writes of different kinds', async (t) => {
  const c = (await memory(t)).collection('c');
  const result = await c.bulkWrite([
    { insertOne: { document: { _id: 1 } } },
    { insertOne: { document: { a: 1 } } },
    { updateOne: { filter: { _id: 1 }, update: { $set: { b: 1 } } } },
    { updateOne: { filter: { _id: 5 }, update: { $set: { b: 1 } }, upsert: true } },
    { replaceOne: { filter: { _id: 5 }, replacement: { c: 1 } } },
    { deleteOne: { filter: { a: 1 } } },
  ]);
  assert.strictEqual(result.insertedCount, 2);
  assert.strictEqual(result.insertedIds[0], 1);
  assert.ok(result.insertedIds[1] instanceof ObjectId);
  assert.deepStrictEqual([result.matchedCount, result.modifiedCount, result.deletedCount], [2, 2, 1]);
  assert.deepStrictEqual(result.upsertedIds, { 3: 5 });
  await assert.rejects(
    c.bulkWrite([{ insertOne: { document: { _id: 1 } } }]),
    (error) => error instanceof IronBaseBulkWriteError && error.code === 11000,
  );
});

test('counting and distinct', async (t) => {
  const { c } = await filled(t, 30);
  assert.strictEqual(await c.countDocuments({ v: { $lt: 2 } }), 6);
  assert.strictEqual(await c.countDocuments({}, { limit: 4 }), 4);
  assert.strictEqual(await c.estimatedDocumentCount(), 30);
  assert.deepStrictEqual((await c.distinct('tag')).sort(), ['tag0', 'tag1', 'tag2']);
  assert.deepStrictEqual(await c.distinct('v', { _id: { $lt: 2 } }), [0, 1]);
  await assert.rejects(c.distinct(5), { name: 'IronBaseInvalidArgumentError' });
});

test('indexes', async (t) => {
  const { c } = await filled(t, 3);
  assert.strictEqual(await c.createIndex({ v: 1 }), 'v_1');
  assert.strictEqual(await c.createIndex('tag', { name: 'tags' }), 'tags');
  assert.strictEqual(await c.createIndex([['tag', -1]]), 'tag_-1');
  assert.deepStrictEqual(await c.createIndexes([{ key: { u: 1 }, name: 'us' }]), ['us']);
  assert.deepStrictEqual((await c.indexes()).map((index) => index.name), ['_id_', 'v_1', 'tags', 'tag_-1', 'us']);
  assert.strictEqual(await c.indexExists(['v_1', 'tags']), true);
  await c.dropIndex('v_1');
  assert.strictEqual(await c.indexExists('v_1'), false);
  await assert.rejects(c.dropIndex('none'), { code: 27, codeName: 'IndexNotFound' });
  await c.deleteMany({});
  await c.createIndex({ x: 1 }, { unique: true });
  await c.insertOne({ _id: 10, x: 1 });
  await assert.rejects(c.insertOne({ _id: 11, x: 1 }), { code: 11000, keyPattern: { x: 1 }, keyValue: { x: 1 } });
  await c.dropIndexes();
  assert.strictEqual((await c.indexes()).length, 1);
});

test('collections: create, list, rename, drop', async (t) => {
  const db = await memory(t);
  const a = await db.createCollection('a', { capped: true, size: 4096 });
  assert.strictEqual(a.collectionName, 'a');
  assert.strictEqual(a.namespace, 'memory.a');
  const [info] = await db.listCollections({ name: 'a' }).toArray();
  assert.strictEqual(info.options.capped, true);
  const b = await a.rename('b');
  assert.strictEqual(b.collectionName, 'b');
  assert.deepStrictEqual((await db.collections()).map((c) => c.collectionName), ['b']);
  assert.strictEqual(await b.drop(), true);
  await db.createCollection('c');
  await db.dropCollection('c');
  assert.deepStrictEqual(await db.listCollections().toArray(), []);
});

test('commands', async (t) => {
  const { db } = await filled(t, 3);
  assert.strictEqual((await db.command({ ping: 1 })).ok, 1);
  assert.strictEqual((await db.command({ find: 'c', filter: { _id: 1 } })).cursor.firstBatch[0].tag, 'tag1');
  await assert.rejects(db.command({ unknown: 1 }), { code: 59, codeName: 'CommandNotFound' });
  assert.strictEqual(typeof (await db.stats()).collections, 'number');
  await db.checkpoint();
});

test('the synchronous face does the same', async (t) => {
  const { db, c } = await filled(t, 30);
  assert.strictEqual(c.insertOneSync({ _id: 100 }).insertedId, 100);
  assert.strictEqual(c.insertManySync([{ _id: 101 }]).insertedCount, 1);
  assert.deepStrictEqual(c.findOneSync({ _id: 100 }), { _id: 100 });
  assert.strictEqual(c.countDocumentsSync(), 32);
  assert.strictEqual(c.estimatedDocumentCountSync(), 32);
  assert.deepStrictEqual(c.distinctSync('v', { _id: 3 }), [3]);
  assert.strictEqual(c.updateManySync({}, { $set: { z: 1 } }).modifiedCount, 32);
  assert.strictEqual(c.replaceOneSync({ _id: 100 }, {}).matchedCount, 1);
  assert.strictEqual(c.findOneAndUpdateSync({ _id: 1 }, { $set: { q: 1 } }, { returnDocument: 'after' }).q, 1);
  assert.strictEqual(c.bulkWriteSync([{ deleteMany: { filter: { _id: { $gte: 100 } } } }]).deletedCount, 2);
  assert.strictEqual(c.createIndexSync({ v: 1 }), 'v_1');
  assert.strictEqual(c.indexesSync().length, 2);
  c.dropIndexSync('v_1');
  assert.strictEqual(db.commandSync({ ping: 1 }).ok, 1);
  assert.strictEqual(db.createCollectionSync('d').collectionName, 'd');
  assert.strictEqual(db.listCollectionsSync().length, 2);
  assert.strictEqual(c.renameSync('e').collectionName, 'e');
  assert.strictEqual(c.deleteManySync({}).deletedCount, 0);
  assert.throws(() => c.insertOneSync([]), { name: 'IronBaseInvalidArgumentError' });
});

test('what is written is there when the database is opened again', async (t) => {
  const directory = require('node:fs').mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'ironbase-'));
  t.after(() => require('node:fs').rmSync(directory, { recursive: true }));
  const { open, openSync } = require('..');
  const path = `${directory}/app.mlite`;
  const db = await open(path);
  assert.strictEqual(db.databaseName, 'app');
  await db.collection('c').insertOne({ _id: 1 });
  await assert.rejects(open(path), { status: 'IRONBASE_ERROR_LOCKED' });
  await db.close();
  await db.close();
  const again = openSync(path, { readOnly: true });
  assert.deepStrictEqual(again.collection('c').findOneSync(), { _id: 1 });
  await assert.rejects(again.collection('c').insertOne({}), { status: 'IRONBASE_ERROR_READ_ONLY' });
  again.closeSync();
  again.closeSync();
});
