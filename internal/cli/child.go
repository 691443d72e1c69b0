package cli

import "bufio"

// child is a program like this one that works in another environment, at the same
// time when need be. It shares what there is one of in a process, such as streams,
// log, secrets and limiter, and has flags of its own. What else it does not share, and
// why, is in this function's test, which knows every field.
func (a *App) child(environment string) *App {
	a.limiter() // both have the same one
	if a.keys == nil {
		a.keys = &printedKeys{}
	}
	if a.answers == nil {
		a.answers = bufio.NewReader(a.In) // one for all: a reader takes more than the next line
	}
	if _, several := a.Random.(*shared); !several {
		a.Random = &shared{from: a.Random}
	}
	child := &App{
		In: a.In, Out: a.Out, Err: a.Err, Environ: a.Environ, WorkDir: a.WorkDir, Home: a.Home, Now: a.Now, Random: a.Random,
		Terminal: a.Terminal, Backoff: a.Backoff, HookLimit: a.HookLimit, EditPatience: a.EditPatience,
		abort: a.abort, log: a.log, flags: a.flags, command: a.command, redact: a.redact, env: a.env, supplied: a.supplied,
		reporting: a.reporting, answers: a.answers, keys: a.keys, limiters: a.limiters, forOthers: a.forOthers, loaded: a.loaded,
	}
	child.flags.environment = environment
	return child
}

// forEnvironment is a child that belongs to the same run.
func (a *App) forEnvironment(name string) *App {
	child := a.child(name)
	child.nameRun(a.run())
	return child
}
