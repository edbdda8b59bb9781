// Package upgrade names the labels and annotations of Plans, Jobs and nodes.
package upgrade

const (
	group = "upgrade.cattle.io"

	AnnotationIncludeInDigest         = group + "/digest"
	AnnotationTTLSecondsAfterFinished = group + "/ttl-seconds-after-finished"

	LabelController = group + "/controller"
	LabelExclusive  = group + "/exclusive"
	LabelNode       = group + "/node"
	LabelPlan       = group + "/plan"
	LabelVersion    = group + "/version"
)

// LabelPlanName is the label of a node with the hash of the Plan that it has followed.
func LabelPlanName(name string) string {
	return "plan." + group + "/" + name
}
