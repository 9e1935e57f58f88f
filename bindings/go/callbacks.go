package ironbase

// What the library calls in Go. The library's frames are below: nothing may unwind through them, so no
// panic leaves these functions.

// #include <stdbool.h>
// #include <stdint.h>
import "C"

import "runtime/cgo"

//export ironbaseGoProgress
func ironbaseGoProgress(watcherHandle C.uintptr_t, done, total C.uint64_t) C.bool {
	return C.bool(cgo.Handle(watcherHandle).Value().(*watcher).tell(uint64(done), uint64(total)))
}

//export ironbaseGoLog
func ironbaseGoLog(level C.int32_t, message *C.char) {
	logLine(int32(level), C.GoString(message))
}
