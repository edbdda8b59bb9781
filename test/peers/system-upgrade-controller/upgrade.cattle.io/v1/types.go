// Package v1 has the fields of a Plan as the controller's own definition of the kind has them:
// pkg/crds/yaml/generated/upgrade.cattle.io_plans.yaml.
package v1

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/kubereboot/kured/pkg/timewindow"
	"github.com/rancher/system-upgrade-controller/pkg/apis/condition"
	"github.com/rancher/wrangler/v3/pkg/genericcondition"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	PlanComplete       = condition.Cond("Complete")
	PlanLatestResolved = condition.Cond("LatestResolved")
	PlanSpecValidated  = condition.Cond("Validated")
)

var ErrPlanUnresolvable = errors.New("cannot resolve plan: missing channel and version")

var SchemeGroupVersion = schema.GroupVersion{Group: "upgrade.cattle.io", Version: "v1"}

func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(SchemeGroupVersion, &Plan{}, &PlanList{})
	metav1.AddToGroupVersion(scheme, SchemeGroupVersion)
	return nil
}

type Plan struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   PlanSpec   `json:"spec,omitempty"`
	Status PlanStatus `json:"status,omitempty"`
}

type PlanList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`

	Items []Plan `json:"items"`
}

type PlanSpec struct {
	Channel               string                        `json:"channel,omitempty"`
	Concurrency           int64                         `json:"concurrency,omitempty"`
	Cordon                bool                          `json:"cordon,omitempty"`
	Drain                 *DrainSpec                    `json:"drain,omitempty"`
	Exclusive             bool                          `json:"exclusive,omitempty"`
	ImagePullSecrets      []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty"`
	JobActiveDeadlineSecs *int64                        `json:"jobActiveDeadlineSecs,omitempty"`
	NodeSelector          *metav1.LabelSelector         `json:"nodeSelector,omitempty"`
	PostCompleteDelay     *metav1.Duration              `json:"postCompleteDelay,omitempty"`
	PostCompleteLabels    map[string]string             `json:"postCompleteLabels,omitempty"`
	Prepare               *ContainerSpec                `json:"prepare,omitempty"`
	PriorityClassName     string                        `json:"priorityClassName,omitempty"`
	Secrets               []SecretSpec                  `json:"secrets,omitempty"`
	ServiceAccountName    string                        `json:"serviceAccountName,omitempty"`
	Tolerations           []corev1.Toleration           `json:"tolerations,omitempty"`
	Upgrade               *ContainerSpec                `json:"upgrade,omitempty"`
	Version               string                        `json:"version,omitempty"`
	Window                *TimeWindowSpec               `json:"window,omitempty"`
}

type PlanStatus struct {
	Applying      []string                            `json:"applying,omitempty"`
	Conditions    []genericcondition.GenericCondition `json:"conditions,omitempty"`
	LatestHash    string                              `json:"latestHash,omitempty"`
	LatestVersion string                              `json:"latestVersion,omitempty"`
}

type ContainerSpec struct {
	Args            []string                `json:"args,omitempty"`
	Command         []string                `json:"command,omitempty"`
	Env             []corev1.EnvVar         `json:"envs,omitempty"`
	EnvFrom         []corev1.EnvFromSource  `json:"envFrom,omitempty"`
	Image           string                  `json:"image,omitempty"`
	SecurityContext *corev1.SecurityContext `json:"securityContext,omitempty"`
	Volumes         []VolumeSpec            `json:"volumes,omitempty"`
}

type VolumeSpec struct {
	Destination string `json:"destination,omitempty"`
	Name        string `json:"name,omitempty"`
	Source      string `json:"source,omitempty"`
}

type SecretSpec struct {
	DefaultMode   *int32 `json:"defaultMode,omitempty"`
	IgnoreUpdates bool   `json:"ignoreUpdates,omitempty"`
	Name          string `json:"name,omitempty"`
	Path          string `json:"path,omitempty"`
}

type DrainSpec struct {
	DeleteEmptydirData       *bool                 `json:"deleteEmptydirData,omitempty"`
	DeleteLocalData          *bool                 `json:"deleteLocalData,omitempty"`
	DisableEviction          bool                  `json:"disableEviction,omitempty"`
	Force                    bool                  `json:"force,omitempty"`
	GracePeriod              *int32                `json:"gracePeriod,omitempty"`
	IgnoreDaemonSets         *bool                 `json:"ignoreDaemonSets,omitempty"`
	PodSelector              *metav1.LabelSelector `json:"podSelector,omitempty"`
	SkipWaitForDeleteTimeout int                   `json:"skipWaitForDeleteTimeout,omitempty"`
	Timeout                  *intstr.IntOrString   `json:"timeout,omitempty"`
}

type Day string

type TimeWindowSpec struct {
	Days      []Day  `json:"days,omitempty"`
	EndTime   string `json:"endTime,omitempty"`
	StartTime string `json:"startTime,omitempty"`
	TimeZone  string `json:"timeZone,omitempty"`
}

// Contains says whether a time is inside.
func (w *TimeWindowSpec) Contains(when time.Time) bool {
	days := make([]string, len(w.Days))
	for i, day := range w.Days {
		days[i] = string(day)
	}
	window, err := timewindow.New(days, w.StartTime, w.EndTime, w.TimeZone)
	return err == nil && window.Contains(when)
}

// NewPlan is the object with this name.
func NewPlan(namespace, name string, plan Plan) *Plan {
	plan.APIVersion, plan.Kind = SchemeGroupVersion.WithKind("Plan").ToAPIVersionAndKind()
	plan.Namespace, plan.Name = namespace, name
	return &plan
}

func (in *Plan) DeepCopy() *Plan                    { return copied(in) }
func (in *Plan) DeepCopyObject() runtime.Object     { return copied(in) }
func (in *PlanList) DeepCopyObject() runtime.Object { return copied(in) }

// DeepCopyInto is what the code that is made of these types calls.
func (in *Plan) DeepCopyInto(out *Plan) { *out = *copied(in) }

func (in *PlanStatus) DeepCopy() *PlanStatus { return copied(in) }

// All of it is JSON.
func copied[T any](from *T) *T {
	to := new(T)
	data, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		panic(err)
	}
	return to
}
