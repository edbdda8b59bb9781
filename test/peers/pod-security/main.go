// Says what Kubernetes' own admission refuses: the Pod Security Standards in the code of kube-apiserver.
//
// Standard input is a JSON list of {"level": "restricted", "object": {…}}, standard output the JSON list
// of what is wrong with each, "" for nothing.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/admission"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type check struct {
	Level  string          `json:"level"`
	Object json.RawMessage `json:"object"`
}

func main() {
	var checks []check
	if err := json.NewDecoder(os.Stdin).Decode(&checks); err != nil {
		fail(err)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		fail(err)
	}
	results := make([]string, len(checks))
	for i, each := range checks {
		if results[i], err = each.run(evaluator); err != nil {
			fail(fmt.Errorf("check %d: %w", i, err))
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		fail(err)
	}
}

func (c check) run(evaluator policy.Evaluator) (string, error) {
	level, err := api.ParseLevel(c.Level)
	if err != nil {
		return "", err
	}
	object, err := decoded(c.Object)
	if err != nil {
		return "", err
	}
	metadata, spec, err := admission.DefaultPodSpecExtractor{}.ExtractPodSpec(object)
	// A template may have no pod.
	if err != nil || spec == nil {
		return "", err
	}
	// The API server does so before admission.
	for i := range spec.Volumes {
		if spec.Volumes[i].VolumeSource == (corev1.VolumeSource{}) {
			spec.Volumes[i].EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	version := api.LevelVersion{Level: level, Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(version, metadata, spec))
	if result.Allowed {
		return "", nil
	}
	return result.ForbiddenDetail(), nil
}

func decoded(text json.RawMessage) (runtime.Object, error) {
	var kind struct{ Kind string }
	if err := json.Unmarshal(text, &kind); err != nil {
		return nil, err
	}
	object, known := map[string]runtime.Object{
		"Pod":                   &corev1.Pod{},
		"PodTemplate":           &corev1.PodTemplate{},
		"ReplicationController": &corev1.ReplicationController{},
		"Deployment":            &appsv1.Deployment{},
		"ReplicaSet":            &appsv1.ReplicaSet{},
		"StatefulSet":           &appsv1.StatefulSet{},
		"DaemonSet":             &appsv1.DaemonSet{},
		"Job":                   &batchv1.Job{},
		"CronJob":               &batchv1.CronJob{},
	}[kind.Kind]
	if !known {
		return nil, fmt.Errorf("unknown kind %q", kind.Kind)
	}
	return object, json.Unmarshal(text, object)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
