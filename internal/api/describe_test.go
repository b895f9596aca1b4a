package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// TestEverythingIsDescribed walks the document: every operation, parameter, answer and property says
// what it means.
func TestEverythingIsDescribed(t *testing.T) {
	api, err := New(newWorld().options())
	if err != nil {
		t.Fatal(err)
	}
	document := api.huma.OpenAPI()
	for path, item := range document.Paths {
		for _, op := range operationsOf(item) {
			at := op.Method + " " + path
			if about, _, _ := strings.Cut(op.Description, "Takes "); op.Summary == "" || strings.TrimSpace(about) == "" {
				t.Errorf("%s: summary %q, description %q", at, op.Summary, op.Description)
			}
			for _, parameter := range op.Parameters {
				if parameter.Ref == "" && parameter.Description == "" {
					t.Errorf("%s: the parameter %s has no description", at, parameter.Name)
				}
			}
			for status, response := range op.Responses {
				if response.Ref == "" && response.Description == "" {
					t.Errorf("%s: the answer %s has no description", at, status)
				}
			}
		}
	}
	schemas := document.Components.Schemas.Map()
	for name, schema := range schemas {
		describeProperties(t, name, schema)
	}
	if len(schemas) < 40 || len(document.Paths) < 30 {
		t.Errorf("%d schemas, %d paths: that can't be all", len(schemas), len(document.Paths))
	}
	for name, response := range document.Components.Responses {
		if response.Description == "" {
			t.Errorf("the error %s has no description", name)
		}
	}
}

func operationsOf(item *huma.PathItem) []*huma.Operation {
	all := []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete}
	return slices.DeleteFunc(all, func(op *huma.Operation) bool { return op == nil })
}

func describeProperties(t *testing.T, at string, schema *huma.Schema) {
	t.Helper()
	for name, property := range schema.Properties {
		if property.Description == "" {
			t.Errorf("%s.%s has no description", at, name)
		}
		if property.Nullable && len(property.Enum) > 0 && !slices.Contains(property.Enum, nil) {
			t.Errorf("%s.%s may be null, which its enum leaves out", at, name)
		}
		describeProperties(t, at+"."+name, property)
	}
}

// elsewhere are codes that no answer of the API has.
var elsewhere = map[string]string{
	"signatureInvalid": "what receivers say", "signatureMissing": "what receivers say", "timestampInvalid": "what receivers say",
	"timestampTooOld": "what receivers say", "timestampTooNew": "what receivers say", "invalidSecret": "what receivers say",
	"invalidAllowTargets": "a setting", "invalidDatabaseUrl": "a setting", "invalidBaseUrl": "a setting",
	"wrongSecretKey": "the start", "databaseInUse": "the start", "databaseDamaged": "the start", "schemaTooNew": "the start", "tooManyNodes": "the start",
	"noDatabase": "bot9 backup", "fileExists": "bot9 backup", "notEmbedded": "bot9 backup",
	"userCodeTaken": "another code is made", "accountExists": "signupClosed is answered", "secretUnreadable": "internal", "filterEnvironment": "internal",
	"notOwed":     "answeringFailed is answered",
	"bodyTimeout": "408, which no operation lists", "methodNotAllowed": "405, which no operation lists",
}

// TestEveryCodeIsDescribed reads the packages that answer calls: each code that they give to an error
// stands in the description of its status.
func TestEveryCodeIsDescribed(t *testing.T) {
	var texts strings.Builder
	for _, text := range problemTexts {
		texts.WriteString(text)
	}
	found := map[string]bool{}
	for _, folder := range []string{"answering", "api", "auth", "catalog", "chat", "knowledge", "store", "visitor", "webhook"} {
		for _, code := range codesIn(t, "../"+folder) {
			found[code] = true
			if elsewhere[code] == "" && !strings.Contains(texts.String(), "`"+code+"`") {
				t.Errorf("%s: the OpenAPI document doesn't tell of the code %s", folder, code)
			}
		}
	}
	for _, told := range regexp.MustCompile("`[a-z]+(?:[A-Z][A-Za-z]+)?`").FindAllString(texts.String(), -1) {
		if !found[strings.Trim(told, "`")] {
			t.Errorf("nothing has the code %s, of which the OpenAPI document tells", told)
		}
	}
}

// TestMessagesAreSentences reads the same packages: whatever an error says to a caller ends with a period.
func TestMessagesAreSentences(t *testing.T) {
	found := 0
	for _, folder := range []string{"answering", "api", "auth", "catalog", "chat", "knowledge", "store", "visitor", "webhook"} {
		inspect(t, "../"+folder, func(n ast.Node) {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 3 {
				return
			}
			if called, ok := call.Fun.(*ast.SelectorExpr); !ok || called.Sel.Name != "Errorf" && called.Sel.Name != "InvalidField" {
				return
			}
			message := call.Args[2]
			for sum, ok := message.(*ast.BinaryExpr); ok; sum, ok = message.(*ast.BinaryExpr) {
				message = sum.Y
			}
			if text, ok := message.(*ast.BasicLit); ok && text.Kind == token.STRING && text.Value != `"%s"` {
				found++
				if !strings.HasSuffix(strings.Trim(text.Value, "`\""), ".") {
					t.Errorf("%s: %s has no period", folder, text.Value)
				}
			}
		})
	}
	if found < 60 {
		t.Errorf("only %d messages were found", found)
	}
}

// codesIn lists the codes in a package's calls of Errorf, InvalidField and add, and its constants codeX.
func codesIn(t *testing.T, folder string) (codes []string) {
	t.Helper()
	inspect(t, folder, func(n ast.Node) { codes = append(codes, codeOf(n)...) })
	return codes
}

func inspect(t *testing.T, folder string, visit func(ast.Node)) {
	t.Helper()
	paths, err := filepath.Glob(folder + "/*.go")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v", folder, fs.ErrNotExist)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			visit(n)
			return true
		})
	}
}

func codeOf(n ast.Node) (codes []string) {
	literal := func(e ast.Expr) {
		if text, ok := e.(*ast.BasicLit); ok && text.Kind == token.STRING {
			if code, _ := strconv.Unquote(text.Value); !strings.Contains(code, " ") { // SQL is added by the same name
				codes = append(codes, code)
			}
		}
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		called, _ := n.Fun.(*ast.SelectorExpr)
		switch {
		case called == nil:
		case called.Sel.Name == "Errorf" && len(n.Args) > 2:
			literal(n.Args[1])
		case (called.Sel.Name == "InvalidField" || called.Sel.Name == "add") && len(n.Args) > 2: // add collects problems
			literal(n.Args[0])
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
			literal(n.Value)
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if strings.HasPrefix(name.Name, "code") && i < len(n.Values) {
				literal(n.Values[i])
			}
		}
	}
	return codes
}
