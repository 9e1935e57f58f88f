package ironbase_test

import (
	"fmt"
	"os"
	"testing"
)

// Tests and examples run in an empty directory, where they may leave databases.
func TestMain(m *testing.M) {
	os.Exit(inEmptyDirectory(m))
}

func inEmptyDirectory(m *testing.M) int {
	here, err := os.Getwd()
	if err == nil {
		root = here
		var scratch string
		if scratch, err = os.MkdirTemp("", "ironbase-go-"); err == nil {
			defer os.RemoveAll(scratch)
			err = os.Chdir(scratch)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// root is the module's directory.
var root string
