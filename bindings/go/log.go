package ironbase

// The log of the engine, handed to a slog.Logger.

// #include "bridge.h"
import "C"

import (
	"context"
	"log"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// LevelTrace is below slog.LevelDebug: everything that the engine has to say.
const LevelTrace = slog.LevelDebug - 4

// levels are slog's by the C API's numbers.
var levels = [...]slog.Level{
	C.IRONBASE_LOG_ERROR: slog.LevelError,
	C.IRONBASE_LOG_WARN:  slog.LevelWarn,
	C.IRONBASE_LOG_INFO:  slog.LevelInfo,
	C.IRONBASE_LOG_DEBUG: slog.LevelDebug,
	C.IRONBASE_LOG_TRACE: LevelTrace,
}

var (
	loggerMutex sync.Mutex
	logger      atomic.Pointer[slog.Logger]
)

// SetLogger sends the log of the engine, of all databases, to a logger; nil for none, which is how a
// program begins. What the logger is not enabled for at the time of this call the engine leaves out.
//
// The logger is used by any thread of the engine, also by several at once. Its handler should be quick and
// must not use this package.
func SetLogger(to *slog.Logger) {
	loggerMutex.Lock()
	defer loggerMutex.Unlock()
	level := C.int32_t(C.IRONBASE_LOG_OFF)
	for number := len(levels) - 1; to != nil && number > C.IRONBASE_LOG_OFF; number-- {
		if to.Enabled(context.Background(), levels[number]) {
			level = C.int32_t(number)
			break
		}
	}
	logger.Store(to)
	C.bridge_set_log(level)
}

// logLine is called by the engine.
func logLine(level int32, message string) {
	to := logger.Load()
	if to == nil || level <= C.IRONBASE_LOG_OFF || int(level) >= len(levels) {
		return
	}
	defer func() {
		// It has nowhere to go: below is the engine.
		if thrown := recover(); thrown != nil {
			log.Printf("ironbase: panic in the logger: %v\n%s", thrown, debug.Stack())
		}
	}()
	to.Log(context.Background(), levels[level], message)
}
