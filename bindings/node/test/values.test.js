'use strict';
/* What goes in as a value comes out as that value. */
const { test } = require('node:test');
const assert = require('node:assert');
const ib = require('..');
const { parse, stringify } = require('../lib/ejson');
const { memory } = require('./memory');

const SAME = {
  string: 'aé😀\n"\\',
  empty: '',
  int: 42,
  negative: -7,
  long: 2 ** 53 - 1,
  double: 1.5,
  tiny: 5e-324,
  minusZero: -0,
  nan: NaN,
  infinity: -Infinity,
  true: true,
  null: null,
  array: [1, 'two', [3, { four: 4 }], []],
  object: { b: 1, a: { c: [] } },
  date: new Date('2024-02-29T12:34:56.789Z'),
  oldDate: new Date(-1),
  farDate: new Date(8.64e15),
  regex: /a\/b[/]?/ims,
  objectId: new ib.ObjectId('0123456789abcdef01234567'),
  big: ib.Long.fromString('9007199254740993'),
  min: ib.Long.MIN_VALUE,
  decimal: ib.Decimal128.fromString('1.10'),
  binary: new ib.Binary(Buffer.from([1, 2, 3]), 128),
  uuid: new ib.UUID('00112233-4455-6677-8899-aabbccddeeff'),
  timestamp: new ib.Timestamp({ t: 7, i: 9 }),
  code: new ib.Code('f()'),
  scope: new ib.Code('f()', { x: ib.Long.fromString('9007199254740993') }),
  minKey: new ib.MinKey(),
  maxKey: new ib.MaxKey(),
  ref: new ib.DBRef('other', new ib.ObjectId('0123456789abcdef01234567')),
  perlRegex: new ib.BSONRegExp('(?<=a)b', 'x'),
};

for (const [name, value] of Object.entries(SAME)) {
  test(`${name} comes back as it went in`, async (t) => {
    const c = (await memory(t)).collection('c');
    await c.insertOne({ _id: 1, value, in: [value] });
    const found = await c.findOne({ _id: 1 });
    assert.deepStrictEqual(Object.keys(found), ['_id', 'value', 'in']);
    for (const got of [found.value, found.in[0]]) {
      if (got?.toExtendedJSON) assert.strictEqual(stringify({ got }), stringify({ got: value }));
      else assert.deepStrictEqual(got, value);
      assert.strictEqual(got?.constructor, value?.constructor);
    }
  });
}

test('what comes back as something else', async (t) => {
  const c = (await memory(t)).collection('c');
  const cases = {
    undefined: [undefined, null],
    bigint: [5n, 5],
    largeBigint: [2n ** 62n, ib.Long.fromString('4611686018427387904')],
    buffer: [Buffer.from('hi'), new ib.Binary(Buffer.from('hi'))],
    map: [new Map([['a', 1]]), { a: 1 }],
    int32: [new ib.Int32(5), 5],
    wrapped: [new ib.Double(5), 5],
    unsafe: [2 ** 60, 2 ** 60],
    toBSON: [{ toBSON: () => 'own' }, 'own'],
    toJSON: [{ a: 1, toJSON: () => 'not asked' }, { a: 1 }],
  };
  for (const [name, [value, expected]] of Object.entries(cases)) {
    await c.replaceOne({ _id: name }, { value }, { upsert: true });
    assert.deepEqual((await c.findOne({ _id: name })).value, expected, name);
  }
  const types = async (id) => (await c.findOne({ _id: id }, { projection: { type: { $type: '$value' } } })).type;
  assert.strictEqual(await types('wrapped'), 'double');
  assert.strictEqual(await types('bigint'), 'long');
  assert.strictEqual(await types('unsafe'), 'double');
});

test('a field named __proto__ is a field', async (t) => {
  const c = (await memory(t)).collection('c');
  await c.insertOne(JSON.parse('{"_id": 1, "__proto__": {"polluted": true}, "id": {"__proto__": {"$oid": "0123456789abcdef01234567"}}}'));
  const found = await c.findOne();
  assert.deepStrictEqual(Object.keys(found), ['_id', '__proto__', 'id']);
  assert.strictEqual(found.polluted, undefined);
  assert.strictEqual(Object.getPrototypeOf(found), Object.prototype);
  assert.ok(Object.getOwnPropertyDescriptor(found.id, '__proto__').value instanceof ib.ObjectId);
});

test('fields are copied only where they must be', () => {
  const plain = { a: [1, { b: 'x' }], c: null };
  assert.strictEqual(stringify(plain), JSON.stringify(plain));
  const mixed = { a: 1, f: () => 1, d: new Date(0), z: 2 };
  assert.strictEqual(stringify(mixed), '{"a":1,"d":{"$date":{"$numberLong":"0"}},"z":2}');
  assert.strictEqual(stringify([1, () => 1]), '[1,null]');
  assert.deepStrictEqual(Object.keys(mixed), ['a', 'f', 'd', 'z']);
});

test('what only looks like a type is left as it is', () => {
  for (const text of ['{"a":{"$date":1,"x":2}}', '{"$gt":5}', '{"a":{"$oid":7}}', '{"$ref":1}']) {
    assert.strictEqual(JSON.stringify(parse(text)), text);
  }
  assert.deepStrictEqual(parse('{"a":{"$undefined":true}}'), { a: undefined });
});

test('errors keep longs that a number would round', async (t) => {
  const c = (await memory(t)).collection('c');
  const _id = ib.Long.fromString('9007199254740993');
  await c.insertOne({ _id });
  await assert.rejects(c.insertOne({ _id }), (error) => error.keyValue._id.equals(_id));
  await assert.rejects(c.insertMany([{ _id }]), (error) => error.writeErrors[0].keyValue._id.equals(_id));
});
