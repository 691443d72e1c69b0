package config

// Settings are the settings that both a configuration and the user's own
// settings may give.
type Settings struct {
	Backup      Backup
	State       State
	Performance Performance
}

func defaultSettings() Settings {
	return Settings{
		Backup:      Backup{RetentionDays: DefaultRetentionDays},
		Performance: Performance{MaxWorkers: DefaultMaxWorkers},
	}
}

// MergeSettings is what holds in an environment: key by key what the
// configuration gives, else what the user's own settings give, else the
// default. Both may be nil.
//
// One key is bound to another. backup.after_required goes with the commands: a
// configuration can demand that the user's own commands succeed, and cannot
// waive it, since it may come from somebody who is not trusted.
func MergeSettings(cfg *Config, user *User, environment string) Settings {
	merged := user.own()
	if cfg == nil {
		cfg = &Config{}
	}
	merged.Backup = mergeBackup(cfg.settings.Backup, merged.Backup)
	if cfg.gives("state.dir") {
		merged.State.Dir = cfg.settings.State.Dir
	}
	if cfg.gives("state.mode") {
		merged.State.Group = cfg.settings.State.Group
	}
	if cfg.gives("state.applied_dir") {
		merged.State.AppliedDir = cfg.settings.State.AppliedDir
	}
	merged.Performance = cfg.overPerformance(merged.Performance, "performance", cfg.settings.Performance)
	if own := cfg.environment(environment); own != nil {
		merged.Performance = cfg.overPerformance(merged.Performance, own.path+".performance", own.performance)
	}
	merged.Backup, merged.Performance = merged.Backup.clone(), merged.Performance.clone()
	return merged
}

// mergeBackup lays what a configuration says over what the user's settings say.
func mergeBackup(cfg, user Backup) Backup {
	merged := user
	if !cfg.Source.Dir.IsZero() {
		merged.Dir, merged.Source.Dir = cfg.Dir, cfg.Source.Dir
	}
	if !cfg.Source.RetentionDays.IsZero() {
		merged.RetentionDays, merged.Source.RetentionDays = cfg.RetentionDays, cfg.Source.RetentionDays
	}
	usersCommands := cfg.Source.After.IsZero()
	if !usersCommands {
		merged.After, merged.Source.After = cfg.After, cfg.Source.After
	}
	waives := usersCommands && user.AfterRequired && !cfg.AfterRequired
	if !cfg.Source.AfterRequired.IsZero() && !waives {
		merged.AfterRequired, merged.Source.AfterRequired = cfg.AfterRequired, cfg.Source.AfterRequired
	}
	return merged
}
