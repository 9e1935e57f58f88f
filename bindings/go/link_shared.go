//go:build !ironbase_static

package ironbase

// The library as pkg-config finds it: PKG_CONFIG_PATH says where if it is not installed for all.

// #cgo pkg-config: ironbase
import "C"
