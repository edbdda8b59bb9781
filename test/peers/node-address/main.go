// Says what K3s takes its node's address and flannel's interface from, with the code that it uses:
// apimachinery's choice of an address, and flannel's way to look for the default route.
//
//	standard output  {"address": "192.168.1.5", "interface": "eno1"}; "" with an error on the other stream
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/flannel-io/flannel/pkg/ip"
	"k8s.io/apimachinery/pkg/util/net"
)

func main() {
	var found struct {
		Address   string `json:"address"`
		Interface string `json:"interface"`
	}
	if address, err := net.ChooseHostInterface(); err == nil {
		found.Address = address.String()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	if device, err := ip.GetDefaultGatewayInterface(); err == nil {
		found.Interface = device.Name
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		os.Exit(1)
	}
}
