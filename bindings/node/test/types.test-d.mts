// Compiled, not run: uses every part of index.d.ts as programs do, and what must not compile.
import {
  Db,
  Decimal128,
  FindCursor,
  IronBaseBulkWriteError,
  IronBaseServerError,
  Long,
  ObjectId,
  Transaction,
  open,
  openSync,
  restore,
  salvage,
  setLogger,
  setThreads,
  verify,
} from 'ironbase';

interface User {
  _id: number;
  name: string;
  age?: number;
  balance?: Long | Decimal128;
}

async function use(): Promise<void> {
  const db: Db = await open('app.mlite', { durability: 'interval', syncIntervalMs: 50 });
  const users = db.collection<User>('users');

  const inserted: number = (await users.insertOne({ _id: 1, name: 'Ada' })).insertedId;
  await users.insertMany([{ name: 'Bob', age: 3 }], { ordered: false });
  const first: User | null = await users.findOne({ age: { $gt: 30 } }, { projection: { name: 1 } });
  const name: string | undefined = users.findOneSync({ _id: inserted })?.name;
  const cursor: FindCursor<User> = users.find({ name: /^A/ }).sort({ name: 1 }).limit(5).skip(1);
  for await (const user of cursor) user.name.toUpperCase();
  for (const user of users.find()) user.name.toUpperCase();
  const names: string[] = await users.find().map((user) => user.name).toArray();
  const projected: { name: string }[] = await users.find().project<{ name: string }>({ name: 1 }).toArray();

  const { matchedCount, upsertedId } = await users.updateOne({ _id: 1 }, { $inc: { age: 1 } }, { upsert: true });
  const id: number | null = upsertedId;
  await users.updateMany({}, [{ $set: { age: { $add: ['$age', 1] } } }], { arrayFilters: [{ x: 1 }] });
  await users.replaceOne({ _id: 1 }, { name: 'Ada L.' });
  const after: User | null = await users.findOneAndUpdate({ _id: 1 }, { $set: { age: 5 } }, { returnDocument: 'after' });
  const { insertedIds } = await users.bulkWrite([
    { insertOne: { document: { name: 'Cy' } } },
    { updateOne: { filter: { _id: 1 }, update: { $set: { age: 1 } }, upsert: true } },
    { deleteMany: { filter: {} } },
  ]);
  const ages: (number | undefined)[] = await users.distinct('age');
  const zips: any[] = await users.distinct('address.zip');
  const many: number = await users.countDocuments({}, { limit: 5, signal: AbortSignal.timeout(1000) });
  const index: string = await users.createIndex([['name', 1], 'age'], { unique: true });

  const total: number = await db.withTransaction(async (transaction: Transaction) => {
    await transaction.collection<User>('users').deleteOne({ _id: 1 });
    return users.countDocuments({}, { session: transaction });
  });
  const sum: number = db.withTransactionSync(() => 1);
  const untyped = db.collection('any');
  const doc = await untyped.findOne({ _id: new ObjectId() });
  doc?.anything.at.all;
  for await (const info of db.listCollections()) info.name.length;
  openSync(':memory:').closeSync();
  setThreads(8);

  setLogger((level, message) => console.log(level.toUpperCase(), message), 'debug');
  setLogger(null);
  const onProgress = (done: number, total: number) => console.log(done / total);
  const freed: number = (await db.compact({ collection: 'users', onProgress })).bytesFreed;
  const estimate: number = db.compactSync({ dryRun: true }).estimatedBytesFreed;
  const sound: boolean = (await db.verify({ signal: AbortSignal.timeout(1000) })).valid && db.verifySync().valid;
  const { errors } = await verify('app.mlite', { maxErrors: 5, onProgress });
  const kind: string | undefined = errors[0]?.kind;
  const lost: number | null | undefined = (await salvage('app.mlite', 'saved.mlite')).collections[0]?.lostDocuments;
  await users.countDocuments({}, { onProgress });
  const lsn: number = (await db.backup('backup.mlite', { incremental: true, onProgress })).lsn;
  const restored: number = (await restore('backup.mlite', 'restored.mlite', { toLsn: lsn })).documents;
  await restore('backup.mlite', 'earlier.mlite', { toTime: new Date() });

  try {
    await db.command({ ping: 1 });
  } catch (error) {
    if (error instanceof IronBaseBulkWriteError) error.writeErrors[0]?.index;
    if (error instanceof IronBaseServerError && error.code === 11000) error.keyValue;
  }

  // @ts-expect-error a name must be a string
  await users.insertOne({ name: 5 });
  // @ts-expect-error the filter of a delete must be given
  await users.deleteMany();
  // @ts-expect-error there is no such durability
  await open('x', { durability: 'some' });
  // @ts-expect-error there is no such option
  await users.findOne({}, { limt: 1 });
  // @ts-expect-error there is no such level
  setLogger(null, 'loud');
  // @ts-expect-error a database is opened with open()
  new Db();

  void [first, name, names, projected, matchedCount, id, after, insertedIds, ages, zips, many, index, total, sum, freed, estimate, sound, kind, lost, restored];
  await db[Symbol.asyncDispose]();
}

void use;
