package store

// TemporaryForm is how the names of temporary files begin and end. A run that was
// killed leaves some behind; they are of use to nobody.
func TemporaryForm() (prefix, suffix string) { return temporaryPrefix, temporarySuffix }
