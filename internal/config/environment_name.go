package config

// IsEnvironmentName reports whether a configuration can have an environment of that name.
func IsEnvironmentName(name string) bool { return isEnvironmentName(name) }
