// Translates a file of Butane configurations, separated by NUL bytes, in one process by the real
// library, and prints the CPU seconds that it took: what the benchmark compares with.
package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"

	"github.com/coreos/butane/config"
	"github.com/coreos/butane/config/common"
)

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}

func main() {
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	before := cpuSeconds()
	for _, source := range bytes.Split(data, []byte{0}) {
		if _, report, err := config.TranslateBytes(source, common.TranslateBytesOptions{}); err != nil {
			panic(fmt.Sprint(err, report))
		}
	}
	fmt.Printf("%.3f\n", cpuSeconds()-before)
}
