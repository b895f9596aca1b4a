package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../../../.."

func TestTypedEventsAreUpToDate(t *testing.T) {
	rendered, err := renderAll(root)
	if err != nil {
		t.Fatal(err)
	}
	for i, out := range outputs {
		committed, err := os.ReadFile(filepath.Join(root, out.path))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(committed, rendered[i]) {
			t.Errorf("%s is not what the catalog says: run go generate ./... in sdk/go", out.path)
		}
	}
}

func TestCatalogThatCannotBeTyped(t *testing.T) {
	for name, tc := range map[string]struct{ schema, want string }{
		"unknown type":           {`{"properties":{"x":{"type":"tuple"}}}`, "not one that the libraries have a type for"},
		"array of what?":         {`{"properties":{"x":{"type":"array"}}}`, "not one that the libraries have a type for"},
		"two types":              {`{"properties":{"x":{"type":["string","integer"]}}}`, "not one that the libraries have a type for"},
		"one name, two meanings": {`{"properties":{"user":{"type":"object","properties":{"age":{"type":"integer"}}}}}`, "not alike"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			write(t, folder, "first.json", `{"description":"First.","schema":{"properties":{
				"user":{"type":"object","properties":{"name":{"type":"string"}}}}}}`)
			write(t, folder, "second.json", `{"description":"Second.","schema":`+tc.schema+`}`)
			events, err := readCatalog(folder)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := shapesOf(events); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestEmptyCatalogIsAnError(t *testing.T) {
	if _, err := readCatalog(t.TempDir()); err == nil {
		t.Error("no error: libraries without events would be written")
	}
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
