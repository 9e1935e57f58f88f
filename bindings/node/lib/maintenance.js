'use strict';
/* Directories of databases that are not open: restoring backups, looking for damage, saving what is left. */
const { FUNCTION } = require('./ffi');
const { optionsText, pathText, watchersOf } = require('./arguments');
const { Operation, run, runSync, value } = require('./call');

function call(number, paths, options) {
  const watchers = watchersOf(options);
  return {
    function: number,
    handles: [],
    args: [...paths, optionsText(options, null)],
    decode: value,
    operation: watchers ? new Operation(null, watchers) : undefined,
  };
}

const verifyCall = (path, options) => call(FUNCTION.verify, [pathText('path', path)], options);

const salvageCall = (damaged, into, options) =>
  call(FUNCTION.salvage, [pathText('damaged', damaged), pathText('into', into)], options);

const restoreCall = (backup, destination, options) =>
  call(FUNCTION.restore, [pathText('backup', backup), pathText('destination', destination)], options);

/** Makes a new database of a backup. */
const restore = async (backup, destination, options = undefined) => run(restoreCall(backup, destination, options));
const restoreSync = (backup, destination, options = undefined) => runSync(restoreCall(backup, destination, options));

/** Looks for damage in a database that nobody has open for writing; what it found is the result. */
const verify = async (path, options = undefined) => run(verifyCall(path, options));
const verifySync = (path, options = undefined) => runSync(verifyCall(path, options));

/** Saves what can be read of a damaged database into a new one; what was lost is in the result. */
const salvage = async (damaged, into, options = undefined) => run(salvageCall(damaged, into, options));
const salvageSync = (damaged, into, options = undefined) => runSync(salvageCall(damaged, into, options));

module.exports = { restore, restoreSync, salvage, salvageSync, verify, verifySync };
