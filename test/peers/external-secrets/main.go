// The controller of External Secrets with its own generator of passwords and the stores that answer without a
// cloud.
package main

import (
	"github.com/external-secrets/external-secrets/cmd/controller"
	_ "github.com/external-secrets/external-secrets/pkg/generator/password"
	_ "github.com/external-secrets/external-secrets/pkg/provider/fake"
	_ "github.com/external-secrets/external-secrets/pkg/provider/kubernetes"
)

func main() {
	controller.Execute()
}
