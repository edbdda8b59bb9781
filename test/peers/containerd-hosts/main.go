// Says which hosts containerd asks for an image, with the code that it uses, and what a rewrite of K3s makes of a
// name, with Go's regular expressions. K3s' own containerd has a patch for rewrites, which the module proxy does not
// serve: it takes the first expression that changes the name (docs.k3s.io, "Private Registry Configuration").
//
//	standard input   [{"registry": "docker.io", "toml": "server = …", "name": "library/nginx"}]
//	standard output  [{"urls": ["https://mirror.example.com/v2"], "names": {"https://…": ["hub/nginx"]}, "error": ""}]
package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"sort"

	"github.com/containerd/containerd/v2/core/remotes/docker/config"
	"github.com/containerd/log"
	"github.com/pelletier/go-toml/v2"
)

type request struct {
	Registry string `json:"registry"`
	Toml     string `json:"toml"`
	Name     string `json:"name"`
}

type answer struct {
	Urls []string `json:"urls"`
	// Names that each URL can be asked for: rewrites are in no order.
	Names map[string][]string `json:"names"`
	Error string              `json:"error"`
}

func main() {
	// Its errors are in the answers.
	_ = log.SetLevel("panic")
	var requests []request
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil {
		os.Exit(1)
	}
	answers := []answer{}
	for _, each := range requests {
		answers = append(answers, answerTo(each))
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		os.Exit(1)
	}
}

func answerTo(asked request) answer {
	folder, err := os.MkdirTemp("", "containerd-hosts-")
	if err != nil {
		return answer{Error: err.Error()}
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "hosts.toml"), []byte(asked.Toml), 0o600); err != nil {
		return answer{Error: err.Error()}
	}
	hosts := config.ConfigureHosts(context.Background(), config.HostOptions{
		HostDir: func(string) (string, error) { return folder, nil },
	})
	found, err := hosts(asked.Registry)
	if err != nil {
		return answer{Error: err.Error()}
	}
	result := answer{Urls: []string{}, Names: map[string][]string{}}
	for _, host := range found {
		result.Urls = append(result.Urls, host.Scheme+"://"+host.Host+host.Path)
	}
	// containerd only logs that it cannot read the file.
	var file struct {
		Host map[string]struct {
			Rewrite map[string]string `toml:"rewrite"`
		} `toml:"host"`
	}
	if err := toml.Unmarshal([]byte(asked.Toml), &file); err != nil {
		result.Error = err.Error()
		return result
	}
	for url, host := range file.Host {
		for pattern, replacement := range host.Rewrite {
			expression, err := regexp.Compile(pattern)
			if err != nil {
				result.Error = err.Error()
				return result
			}
			if name := expression.ReplaceAllString(asked.Name, replacement); name != asked.Name {
				result.Names[url] = append(result.Names[url], name)
			}
		}
		sort.Strings(result.Names[url])
	}
	return result
}
