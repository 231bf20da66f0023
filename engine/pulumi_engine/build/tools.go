//go:build tools

// Package build pins what the Pulumi CLI is built from: go.mod names the
// version, go.sum the checksum of every module that is compiled in.
package build

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
