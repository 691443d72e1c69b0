package flow

// SameNumbered is the quick half of [Document.Same].
func SameNumbered(a, b Document) bool { return sameNumbered(a, b) }
