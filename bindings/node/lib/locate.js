'use strict';
/*
 * Where the native library is: the file that IRONBASE_LIBRARY names, or the one in this platform's package,
 * which npm installs with ours as an optional dependency.
 */
const { IronBaseRuntimeError } = require('./errors');

const PACKAGES = { 'linux-x64': '@ironbase/linux-x64-gnu', 'linux-arm64': '@ironbase/linux-arm64-gnu' };

/** The package with the library for this platform. */
function packageName() {
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (name) return name;
  throw new IronBaseRuntimeError(
    `there is no IronBase library for ${platform}: build it and name the file in the environment variable IRONBASE_LIBRARY`,
  );
}

function locate() {
  if (process.env.IRONBASE_LIBRARY) return process.env.IRONBASE_LIBRARY;
  const name = packageName();
  try {
    return require.resolve(`${name}/libironbase.so`);
  } catch (cause) {
    throw new IronBaseRuntimeError(
      `the package ${name} with the IronBase library is not installed: install it, or name a library in the environment variable IRONBASE_LIBRARY`,
      { cause },
    );
  }
}

module.exports = { locate, packageName };
