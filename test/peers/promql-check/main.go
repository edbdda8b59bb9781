// Checks alerts and dashboards with Prometheus' own code: the grammar of rules, that of expressions,
// and what an expression gives for series that a test makes up.
//
//	standard input   {"rules": "<a rule file>", "expressions": ["…"],
//	                  "evaluations": [{"load": "load 1m\n  up 1x30", "expression": "…", "minute": 20}]}
//	standard output  {"mistakes": ["…"], "results": [[{"labels": {…}, "value": "1"}]]}
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
)

type evaluation struct {
	Load       string `json:"load"`
	Expression string `json:"expression"`
	Minute     int    `json:"minute"`
}

type sample struct {
	Labels map[string]string `json:"labels"`
	Value  string            `json:"value"`
}

// The library's storage for tests wants a test; this one ends the program where a test would fail.
type run struct{ testing.TB }

func (run) Helper()        {}
func (run) Cleanup(func()) {}
func (run) FailNow()       { os.Exit(1) }
func (run) Errorf(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
}
func (r run) Fatal(arguments ...any) {
	fmt.Fprintln(os.Stderr, arguments...)
	r.FailNow()
}

func main() {
	var asked struct {
		Rules       string       `json:"rules"`
		Expressions []string     `json:"expressions"`
		Evaluations []evaluation `json:"evaluations"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		run{}.Fatal(err)
	}
	mistakes := []string{}
	grammar := parser.NewParser(parser.Options{})
	if asked.Rules != "" {
		_, errors := rulefmt.Parse([]byte(asked.Rules), false, model.LegacyValidation, grammar, slog.Default())
		for _, err := range errors {
			mistakes = append(mistakes, err.Error())
		}
	}
	for _, expression := range asked.Expressions {
		if _, err := grammar.ParseExpr(expression); err != nil {
			mistakes = append(mistakes, expression+": "+err.Error())
		}
	}
	results := [][]sample{}
	for _, one := range asked.Evaluations {
		results = append(results, evaluate(one))
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{"mistakes": mistakes, "results": results})
}

func evaluate(one evaluation) []sample {
	storage := promqltest.LoadedStorage(run{}, one.Load)
	defer storage.Close()
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
	})
	at := time.Unix(int64(one.Minute)*60, 0)
	query, err := engine.NewInstantQuery(context.Background(), storage, nil, one.Expression, at)
	if err != nil {
		run{}.Fatal(one.Expression, err)
	}
	defer query.Close()
	result := query.Exec(context.Background())
	if result.Err != nil {
		run{}.Fatal(one.Expression, result.Err)
	}
	vector, err := result.Vector()
	if err != nil {
		run{}.Fatal(one.Expression, err)
	}
	samples := []sample{}
	for _, point := range vector {
		value := strconv.FormatFloat(point.F, 'g', -1, 64)
		samples = append(samples, sample{point.Metric.Map(), value})
	}
	return samples
}
