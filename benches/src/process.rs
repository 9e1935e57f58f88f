//! What the system says of this process and its device.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Bytes written to the device that holds the directory, those that the system still held back included; 0 where the system does
/// not tell. Whatever else runs on the machine is counted, too.
pub fn device_bytes(directory: &Path) -> u64 {
    // SAFETY: no arguments, no result.
    unsafe { libc::sync() };
    let Ok(metadata) = std::fs::metadata(directory) else {
        return 0;
    };
    let (major, minor) = (libc::major(metadata.dev()), libc::minor(metadata.dev()));
    let stat = format!("/sys/dev/block/{major}:{minor}/stat");
    let stat = std::fs::read_to_string(stat).unwrap_or_default();
    let sectors = stat.split_whitespace().nth(6);
    sectors
        .and_then(|sectors| sectors.parse::<u64>().ok())
        .unwrap_or(0)
        * 512
}

/// Set for a process that does a part of a case: what it is to do.
pub const TASK: &str = "IRONBASE_BENCH_TASK";

/// What the process has had of the processors so far, in milliseconds: on a machine that is not idle it says more than the time.
pub fn cpu_ms() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: a valid place for the result.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// Bytes of memory that the process has for itself, files not counted; 0 where the system does not tell.
pub fn own_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}
