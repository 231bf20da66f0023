// Writes the SDKs of a package schema: generator SCHEMA FOLDER, with Pulumi's own code generators.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// Both packages refer to no other, so nobody is asked for one.
type nobody struct{ schema.ReferenceLoader }

type files = map[string][]byte

var sdks = []struct {
	language string
	generate func(*schema.Package) (files, error)
}{
	{"python", func(pkg *schema.Package) (files, error) { return python.GeneratePackage("test", pkg, nil, nil) }},
	{"nodejs", func(pkg *schema.Package) (files, error) {
		return nodejs.GeneratePackage("test", pkg, nil, nil, false, nil)
	}},
	{"go", func(pkg *schema.Package) (files, error) { return golang.GeneratePackage("test", pkg, nil) }},
}

func main() {
	if err := generate(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(file, folder string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	for _, sdk := range sdks {
		// Bound anew for each language, as `pulumi package gen-sdk` does: the generators change the package that they get.
		pkg, found, err := schema.BindSpec(spec, nobody{}, schema.ValidationOptions{})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return found
		}
		generated, err := sdk.generate(pkg)
		if err != nil {
			return fmt.Errorf("%s: %w", sdk.language, err)
		}
		for name, content := range generated {
			path := filepath.Join(folder, sdk.language, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, content, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
