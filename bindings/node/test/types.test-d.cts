// Compiled, not run: the same types for programs that use require.
import ironbase = require('ironbase');

const db: ironbase.Db = ironbase.openSync(':memory:');
const found: ironbase.Document | null = db.collection('c').findOneSync();
void found;
