package ironbase_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The README begins with Example's lines.
func TestReadmeShowsTheExample(t *testing.T) {
	readme := read(t, "README.md")
	_, rest, _ := strings.Cut(readme, "```go\n")
	shown, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("README.md has no Go code")
	}
	_, rest, _ = strings.Cut(read(t, "example_test.go"), "func Example() {\n")
	example, _, found := strings.Cut(rest, "\t// Output:")
	if !found {
		t.Fatal("Example has no output")
	}
	if got := strings.ReplaceAll("\n"+example, "\n\t", "\n"); got != "\n"+shown {
		t.Errorf("README.md shows\n%s\nExample is%s", shown, got)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
