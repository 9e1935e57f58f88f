//go:build ironbase_static

package ironbase

// The library in the module's own folder lib, which scripts/fill-static.sh fills: programs then need
// nothing of it at run time.

// #cgo CFLAGS: -I${SRCDIR}/lib/include
// #cgo linux,amd64 LDFLAGS: ${SRCDIR}/lib/linux_amd64/libironbase.a -lpthread -ldl -lrt -lm
// #cgo linux,arm64 LDFLAGS: ${SRCDIR}/lib/linux_arm64/libironbase.a -lpthread -ldl -lrt -lm
import "C"
