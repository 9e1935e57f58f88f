'use strict';
/* SQLite as a skilled user sets it up. */
const Database = require('better-sqlite3');

function openSqlite(file) {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('cache_size = -262144');
  db.pragma('mmap_size = 1073741824');
  db.pragma('temp_store = MEMORY');
  db.exec('create table if not exists docs (id integer primary key, body text)');
  const get = db.prepare('select body from docs where id = ?').pluck();
  const between = db.prepare('select body from docs where id >= ? and id < ?').pluck();
  const insert = db.prepare('insert into docs values (?, ?)');
  return {
    get: (id) => JSON.parse(get.get(id)),
    between: (first, end) => between.all(first, end).map((body) => JSON.parse(body)),
    insertMany: db.transaction((docs) => {
      for (const doc of docs) insert.run(doc._id, JSON.stringify(doc));
    }),
    close: () => db.close(),
  };
}

module.exports = { openSqlite };
