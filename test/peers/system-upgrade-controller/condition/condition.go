// Package condition reads and writes the conditions of a Plan or a Job. It takes the place of a nested module
// of the controller that the module proxy does not have, as do the packages beside it.
package condition

import (
	"time"

	"github.com/rancher/wrangler/v3/pkg/condition"
	batchv1 "k8s.io/api/batch/v1"
)

// Cond is the type of a condition.
type Cond string

func (c Cond) of() condition.Cond { return condition.Cond(c) }

func (c Cond) IsTrue(object any) bool                        { return c.of().IsTrue(object) }
func (c Cond) IsFalse(object any) bool                       { return c.of().IsFalse(object) }
func (c Cond) False(object any)                              { c.of().False(object) }
func (c Cond) CreateUnknownIfNotExists(object any)           { c.of().CreateUnknownIfNotExists(object) }
func (c Cond) Message(object any, text string)               { c.of().Message(object, text) }
func (c Cond) GetMessage(object any) string                  { return c.of().GetMessage(object) }
func (c Cond) Reason(object any, text string)                { c.of().Reason(object, text) }
func (c Cond) GetReason(object any) string                   { return c.of().GetReason(object) }
func (c Cond) GetLastUpdated(object any) string              { return c.of().GetLastUpdated(object) }
func (c Cond) SetError(object any, reason string, err error) { c.of().SetError(object, reason, err) }

// GetLastTransitionTime is zero where the Job has no such condition.
func (c Cond) GetLastTransitionTime(job *batchv1.Job) time.Time {
	for _, one := range job.Status.Conditions {
		if string(one.Type) == string(c) {
			return one.LastTransitionTime.Time
		}
	}
	return time.Time{}
}
